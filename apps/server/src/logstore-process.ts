import { serveLogStore } from "@flywheel/store/logstore";
import { runChild } from "./child.ts";
import type { LogStoreInit } from "./messages.ts";

/** chDB, alone in its process, behind the ClickHouse HTTP protocol on loopback. */
runChild<LogStoreInit>(async ({ folder, port, secret }, line) => {
  const store = await serveLogStore({ path: folder.logs, port, secret });
  line.on((message) => {
    if (message.type === "drain") void store.close().finally(() => process.exit(0));
  });
  line.send({ type: "ready", port: store.port });
});
