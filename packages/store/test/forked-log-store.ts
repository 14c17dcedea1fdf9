import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LogStoreOptions } from "../src/logstore/index.ts";

const ENTRY = fileURLToPath(new URL("../src/logstore/process.ts", import.meta.url));

/** A real log store in a process of its own. */
export interface ForkedLogStore {
  url: string;
  secret: string;
  process: ChildProcess;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Rejects with the line the process failed with. */
export async function forkLogStore(path: string, options: Partial<LogStoreOptions> = {}): Promise<ForkedLogStore> {
  const secret = "only for tests";
  const child = fork(ENTRY, [JSON.stringify({ path, secret, ...options })], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  const [message] = (await once(child, "message")) as [{ url: string } | { failed: string }];
  if ("failed" in message) {
    await once(child, "exit");
    throw new Error(message.failed);
  }
  // A test that fails before it stops the store shall end all the same; the store then leaves with its parent.
  for (const handle of [child, child.channel!, child.stderr as Socket]) handle.unref();
  return {
    url: message.url,
    secret,
    process: child,
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.kill(signal);
      await once(child, "exit");
    },
  };
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "flywheel-logs-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
