import { holdChildLock } from "./lock.ts";
import type { DataFolder } from "./data-folder.ts";
import type { FromChild, ToChild } from "./messages.ts";

/** The child's end of the line to the supervisor. */
export interface SupervisorLine {
  send(message: FromChild): void;
  on(handler: (message: ToChild) => void): void;
}

/**
 * Run a child process: wait for its first message, hold the children's lock, and leave when the supervisor is gone.
 * Ctrl-C reaches the whole process group, so children ignore it and wait to be drained.
 */
export function runChild<Init extends { folder: DataFolder }>(main: (init: Init, line: SupervisorLine) => Promise<void>): void {
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  process.on("disconnect", () => process.exit(0));
  const line: SupervisorLine = {
    send: (message) => {
      if (process.connected) process.send!(message);
    },
    on: (handler) => void process.on("message", handler),
  };
  process.once("message", (init: Init) => {
    holdChildLock(init.folder.path);
    main(init, line).catch((error: unknown) => fail(line, error));
  });
}

function fail(line: SupervisorLine, error: unknown): void {
  line.send({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  // The message must leave before the process does.
  setTimeout(() => process.exit(1), 50);
}
