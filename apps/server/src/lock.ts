import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { unusable } from "./data-folder.ts";

/**
 * Locks that the kernel lets go of when their process dies, however it dies: SQLite's file locks on two empty databases.
 * `run.lock` is held exclusively by the one supervisor of a data folder. `children.lock` is held shared by each of its
 * child processes, so that the next supervisor can wait until the last orphan of a killed one is gone: from then on no
 * WAL segment of an earlier run can grow.
 */
const RUN_LOCK = "run.lock";
const CHILDREN_LOCK = "children.lock";

/** A command that only looks whether the folder is locked holds it for a moment itself. */
const GLANCE_MS = 200;
const BUSY = 5;

/** Take the folder for this process; `undefined` where another one has it. Held until the process ends. */
export function lockFolder(dataDir: string, waitMs = GLANCE_MS): DatabaseSync | undefined {
  return tryLock(dataDir, RUN_LOCK, waitMs);
}

/** Whether some supervisor holds the folder now. */
export function isFolderLocked(dataDir: string): boolean {
  const lock = lockFolder(dataDir, 0);
  lock?.close();
  return lock === undefined;
}

/** Wait until no child of an earlier supervisor is left. Returns false where one still is after `waitMs`. */
export function waitForOrphans(dataDir: string, waitMs: number): boolean {
  const lock = tryLock(dataDir, CHILDREN_LOCK, waitMs);
  lock?.close();
  return lock !== undefined;
}

/** Called in each child: held until the process ends. */
export function holdChildLock(dataDir: string): DatabaseSync {
  const lock = new DatabaseSync(join(dataDir, CHILDREN_LOCK), { timeout: 5000 });
  // Reading inside a transaction keeps SQLite's SHARED lock until the transaction ends, which it never does.
  lock.exec("BEGIN");
  lock.prepare("SELECT count(*) FROM sqlite_master").get();
  return lock;
}

/** `undefined` where someone else has it. Throws `data_folder` where the file cannot be used as a lock at all. */
function tryLock(dataDir: string, name: string, timeout: number): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dataDir, name), { timeout });
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw unusable(dataDir, `${name}: ${(error as Error).message}`, error);
  }
}

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY;
}
