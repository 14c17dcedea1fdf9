import type { DatabaseSync } from "node:sqlite";
import type { Key, ResolveKey } from "@flywheel/protocol";
import { follow } from "./followed.ts";
import { keyOfRow } from "./key-row.ts";
import type { ControlSchema } from "./schema.ts";

export interface KeyCache {
  resolve: ResolveKey;
  /** Whether some live key may be used by pages of this web origin. */
  allowsOrigin(origin: string): boolean;
  close(): void;
}

/** All live keys in memory, so that a gateway worker can authenticate while the server process is down. */
export function followKeys(path: string, everyMs?: number): KeyCache {
  const keys = follow(path, readKeys, everyMs);
  return {
    resolve(hash) {
      // A key made a moment ago works with its first call.
      if (!keys.value.has(hash)) keys.refresh();
      const key = keys.value.get(hash);
      return key && isInForce(key, hash, Date.now()) ? key : undefined;
    },
    allowsOrigin(origin) {
      for (const { origins } of keys.value.values()) if (origins.includes(origin) || origins.includes("*")) return true;
      return false;
    },
    close: keys.close,
  };
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
