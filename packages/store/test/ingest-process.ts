import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createIngest } from "../src/ingest/index.ts";
import { openTokenStore } from "./token-store.ts";
import { toRow } from "./wal-records.ts";

// Ingest alone in a process, for killing: says when it is about to insert and when it has.
const dir = process.argv[2]!;
const store = openTokenStore(join(dir, "rows.db"), () => sleep(Math.random() * 10));

createIngest({
  dir: join(dir, "wal"),
  statePath: join(dir, "ingest.db"),
  rejectsDir: join(dir, "rejects"),
  toRow,
  redactBytes: (bytes) => bytes,
  async insert(rows, token) {
    console.log("inserting");
    await store.insert(rows, token);
    console.log("inserted");
  },
  isAlive,
  keepSegmentSeconds: () => 0,
  rejectDays: () => 1,
  onRows: () => console.log("told"),
  onAlarm: (alarm) => console.error(alarm.message),
  onClear: () => {},
}).start();

function isAlive(writer: string): boolean {
  try {
    return process.kill(Number.parseInt(writer, 10), 0);
  } catch {
    return false;
  }
}
