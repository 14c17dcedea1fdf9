import { DatabaseSync } from "node:sqlite";

const BUSY = 5;

/** What is wrong with a SQLite file, in SQLite's own words; `undefined` where it is whole or in use. Nothing is written. */
export function damageOf(path: string): string | undefined {
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
    try {
      const rows = database.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
      const [first] = rows.map(({ quick_check }) => quick_check);
      return first === "ok" ? undefined : (first ?? "it cannot be read");
    } finally {
      database.close();
    }
  } catch (error) {
    const { errcode = 0, message } = error as Error & { errcode?: number };
    return errcode % 256 === BUSY ? undefined : message;
  }
}
