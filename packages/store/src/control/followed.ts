import { DatabaseSync } from "node:sqlite";

/** Something read from the control store's file, and read again when another process has written to it. */
export interface Followed<T> {
  readonly value: T;
  /** Looks at once, in place of at the next tick. */
  refresh(): void;
  close(): void;
}

/**
 * Follows the SQLite file itself, so that a gateway worker knows what it must while the server process is down.
 * `PRAGMA data_version` costs a microsecond and changes when another connection has written.
 */
export function follow<T>(path: string, read: (database: DatabaseSync) => T, everyMs = 250): Followed<T> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
  let version = dataVersion(database);
  let value = read(database);
  const refresh = () => {
    try {
      const current = dataVersion(database);
      if (current === version) return;
      value = read(database);
      version = current;
    } catch {
      // What is known so far stays in force until the file can be read again.
    }
  };
  const timer = setInterval(refresh, everyMs);
  timer.unref();
  return {
    get value() {
      return value;
    },
    refresh,
    close() {
      clearInterval(timer);
      database.close();
    },
  };
}

function dataVersion(database: DatabaseSync): number {
  return (database.prepare("PRAGMA data_version").get() as { data_version: number }).data_version;
}
