import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Locks that the kernel lets go of when their process dies, however it dies: SQLite's file locks on two empty databases.
 * `run.lock` is held exclusively by the one supervisor of a data folder. `children.lock` is held shared by each of its
 * child processes, so that the next supervisor can wait until the last orphan of a killed one is gone: from then on no
 * WAL segment of an earlier run can grow.
 */
const RUN_LOCK = "run.lock";
const CHILDREN_LOCK = "children.lock";

/** Take the folder for this process; `undefined` where another one has it. Held until the process ends. */
export function lockFolder(dataDir: string): DatabaseSync | undefined {
  return tryLock(join(dataDir, RUN_LOCK), "BEGIN EXCLUSIVE", 0);
}

/** Whether some supervisor holds the folder now. */
export function isFolderLocked(dataDir: string): boolean {
  const lock = lockFolder(dataDir);
  lock?.close();
  return lock === undefined;
}

/** Wait until no child of an earlier supervisor is left. Returns false where one still is after `waitMs`. */
export function waitForOrphans(dataDir: string, waitMs: number): boolean {
  const lock = tryLock(join(dataDir, CHILDREN_LOCK), "BEGIN EXCLUSIVE", waitMs);
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

function tryLock(path: string, statement: string, timeout: number): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout });
  try {
    database.exec(statement);
    return database;
  } catch {
    database.close();
    return undefined;
  }
}
