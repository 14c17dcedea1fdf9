import { flushCompileCache } from "node:module";
import type { DataFolder } from "./data-folder.ts";
import { holdChildLock } from "./lock.ts";
import type { FromChild, ToChild } from "./messages.ts";

/** The child's end of the line to the supervisor. */
export interface SupervisorLine {
  send(message: FromChild): void;
  on(handler: (message: ToChild) => void): void;
  /** This process cannot run here, and trying again would not help: say why and end. */
  fail(error: unknown): void;
}

/** Children may be killed and never end by themselves, so what they compiled is kept once they have settled. */
const FLUSH_MS = 3000;

/**
 * Run a child process: wait for its first message, hold the children's lock, and leave when the supervisor is gone.
 * Ctrl-C reaches the whole process group, so children ignore it and wait to be drained.
 */
export function runChild<Init extends { folder: DataFolder }>(
  main: (init: Init, line: SupervisorLine) => Promise<void>,
): void {
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  process.on("disconnect", () => process.exit(0));
  setTimeout(flushCompileCache, FLUSH_MS).unref();
  const line: SupervisorLine = {
    send: (message) => {
      // The supervisor may be gone a moment before this process knows.
      if (process.connected) process.send!(message, () => {});
    },
    on: (handler) => void process.on("message", handler),
    fail(error) {
      const message: FromChild = { type: "failed", message: error instanceof Error ? error.message : String(error) };
      process.send!(message, () => process.exit(1));
    },
  };
  process.once("message", (init: Init) => {
    Promise.try(() => holdChildLock(init.folder.path))
      .then(() => main(init, line))
      .catch(line.fail);
  });
}
