import { serveLocal } from "@flywheel/local/server";
import { runChild } from "./child.ts";
import type { LocalInit } from "./messages.ts";

/** Weights that nobody asked for in this time make room. */
const IDLE_MS = 15 * 60_000;

/** GGUF models, served in the OpenAI dialect on loopback. */
runChild<LocalInit>(async ({ models, secret }, line) => {
  const local = await serveLocal({ models, host: "127.0.0.1", port: 0, secret, idle: IDLE_MS });
  line.on((message) => {
    if (message.type === "config") local.setModels(message.config.local);
    if (message.type === "drain") void local.close().finally(() => process.exit(0));
  });
  line.send({ type: "ready", port: local.port });
});
