import { DatabaseSync } from "node:sqlite";
import type { Key, ResolveKey } from "@flywheel/protocol";
import { keyOfRow } from "./key-row.ts";
import type { ControlSchema } from "./schema.ts";

export interface KeyCache {
  resolve: ResolveKey;
  /** Whether some live key may be used by pages of this web origin. */
  allowsOrigin(origin: string): boolean;
  close(): void;
}

/**
 * All live keys in memory, followed from the SQLite file itself, so that a gateway worker can authenticate while the
 * server process is down. `PRAGMA data_version` costs a microsecond and changes when another connection has written.
 */
export function followKeys(path: string, everyMs = 250): KeyCache {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
  let version = dataVersion(database);
  let keys = readKeys(database);
  const refresh = () => {
    try {
      const current = dataVersion(database);
      if (current === version) return;
      keys = readKeys(database);
      version = current;
    } catch {
      // The keys known so far stay in force until the file can be read again.
    }
  };
  const timer = setInterval(refresh, everyMs);
  timer.unref();
  return {
    resolve(hash) {
      // A key made a moment ago works with its first call.
      if (!keys.has(hash)) refresh();
      const key = keys.get(hash);
      return key && isInForce(key, hash, Date.now()) ? key : undefined;
    },
    allowsOrigin(origin) {
      for (const { origins } of keys.values()) if (origins.includes(origin) || origins.includes("*")) return true;
      return false;
    },
    close() {
      clearInterval(timer);
      database.close();
    },
  };
}

function dataVersion(database: DatabaseSync): number {
  return (database.prepare("PRAGMA data_version").get() as { data_version: number }).data_version;
}

function readKeys(database: DatabaseSync): Map<string, Key> {
  const rows = database.prepare("SELECT * FROM keys WHERE revoked IS NULL").all() as unknown as ControlSchema["keys"][];
  const keys = new Map<string, Key>();
  for (const key of rows.map(keyOfRow)) {
    keys.set(key.hash, key);
    if (key.previous_hash !== null) keys.set(key.previous_hash, key);
  }
  return keys;
}

function isInForce(key: Key, hash: string, now: number): boolean {
  if (key.expires !== null && key.expires <= now) return false;
  return hash === key.hash || now < (key.previous_expires ?? 0);
}
