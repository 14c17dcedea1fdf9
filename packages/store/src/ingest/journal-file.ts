import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { FlywheelError } from "@flywheel/protocol";

/** The SQLite file of a journal: what is written to it is on disk before the call returns. */
export interface JournalFile {
  db: DatabaseSync;
  /** All of the change, or nothing of it. */
  together(change: () => void): void;
}

/** Opens or makes it, for its owner alone. Throws `store_damaged` where the file is something else or damaged. */
export function openJournalFile(path: string, schema: string): JournalFile {
  const db = open(path, schema);
  return {
    db,
    together(change) {
      db.exec("BEGIN IMMEDIATE");
      try {
        change();
        db.exec("COMMIT");
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

function open(path: string, schema: string): DatabaseSync {
  try {
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
    const db = new DatabaseSync(path, { timeout: 5000 });
    // FULL: a plan that a loss of power forgot could be made again with other boundaries.
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`);
    return db;
  } catch (error) {
    throw new FlywheelError("store_damaged", { path, reason: (error as Error).message }, { cause: error });
  }
}
