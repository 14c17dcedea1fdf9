import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SQLITE_BUSY = 5;

/**
 * Hold a folder for this process; `undefined` where another one holds it. SQLite's file lock, because the kernel lets go
 * of it when the process dies, however it dies. The engine has a lock of its own, but reports it like any other failure.
 */
export function lockFolder(path: string): { release(): void } | undefined {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(path, "lock"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
