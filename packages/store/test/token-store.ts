import { DatabaseSync } from "node:sqlite";
import { FlywheelError, type Generation } from "@flywheel/protocol";

/** As much of a log store as ingest relies on: all rows or none, and a token counts once. Nothing else keeps ids apart. */
export interface TokenStore {
  insert(rows: Generation[], token: string): Promise<void>;
  rows(): { id: string; status: string; request: string; response: string }[];
  tokens(): string[];
  close(): void;
}

/** `pause` is waited before and after the rows are committed, as a store across a network would make one wait. */
export function openTokenStore(path: string, pause: () => Promise<void> = async () => {}): TokenStore {
  const db = new DatabaseSync(path, { timeout: 10_000 });
  db.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, ids TEXT);
    CREATE TABLE IF NOT EXISTS rows (id TEXT, status TEXT, request TEXT, response TEXT)`);
  const addToken = db.prepare("INSERT OR IGNORE INTO tokens (token, ids) VALUES (?, ?)");
  const addRow = db.prepare("INSERT INTO rows (id, status, request, response) VALUES (?, ?, ?, ?)");
  const idsOf = db.prepare("SELECT ids FROM tokens WHERE token = ?");

  return {
    async insert(rows, token) {
      await pause();
      if (rows.some(({ request_body }) => request_body.includes("poison")))
        throw new FlywheelError("rows_rejected", { reason: "a row holds poison" });
      const ids = rows.map(({ id }) => id).join();
      db.exec("BEGIN IMMEDIATE");
      const isNew = addToken.run(token, ids).changes === 1;
      for (const row of isNew ? rows : []) addRow.run(row.id, row.status, row.request_body, row.response_body);
      db.exec("COMMIT");
      if (idsOf.get(token)!.ids !== ids) throw new Error(`token ${token} was used for other rows`);
      await pause();
    },
    rows: () =>
      db
        .prepare("SELECT * FROM rows")
        .all()
        .map((row) => ({ ...row }) as ReturnType<TokenStore["rows"]>[number]),
    tokens: () =>
      db
        .prepare("SELECT token FROM tokens")
        .all()
        .map(({ token }) => String(token)),
    close: () => db.close(),
  };
}
