import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** What a batch is made of: the ends of a segment, or the begins that a dead writer never ended. */
export type BatchKind = "end" | "interrupted";

/**
 * The records of one kind in `[first, last)` of a segment, as byte offsets. Which rows those are never changes, so the
 * token made of it may be used again after a crash.
 */
export interface Batch {
  segment: string;
  kind: BatchKind;
  first: number;
  last: number;
}

export function tokenOf({ segment, kind, first, last }: Batch): string {
  return `${segment}:${first}-${last}${kind === "interrupted" ? ":interrupted" : ""}`;
}

/**
 * What ingest must remember across its own death. A plan is written here before its insert and removed after the insert
 * was acknowledged; per segment and kind, everything before `done_to` is acknowledged. Small: one row per segment and
 * kind, and the plans under way.
 */
export interface Journal {
  doneTo(segment: string, kind: BatchKind): number;
  /** Plans without an acknowledgement, in order. */
  planned(segment: string, kind: BatchKind): Batch[];
  plan(batch: Batch): void;
  /** Replace a plan that cannot be inserted whole by its two halves. */
  divide(batch: Batch, at: number): void;
  acknowledge(batch: Batch): void;
  /** The segment's file is gone. */
  forget(segment: string): void;
  close(): void;
}

export function openJournal(path: string): Journal {
  const database = new DatabaseSync(path, { timeout: 5000 });
  // Each change is on disk when the call returns: a plan forgotten by a power cut could be made differently next time.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS done (segment TEXT, kind TEXT, done_to INTEGER NOT NULL, PRIMARY KEY (segment, kind)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS plans (segment TEXT, kind TEXT, first INTEGER, last INTEGER NOT NULL, PRIMARY KEY (segment, kind, first)) WITHOUT ROWID;
  `);
  chmodSync(path, 0o600);
  const selectDone = database.prepare("SELECT done_to FROM done WHERE segment = ? AND kind = ?");
  const selectPlans = database.prepare("SELECT segment, kind, first, last FROM plans WHERE segment = ? AND kind = ? ORDER BY first");
  const insertPlan = database.prepare("INSERT INTO plans (segment, kind, first, last) VALUES (?, ?, ?, ?)");
  const deletePlan = database.prepare("DELETE FROM plans WHERE segment = ? AND kind = ? AND first = ?");
  const upsertDone = database.prepare(
    "INSERT INTO done (segment, kind, done_to) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET done_to = excluded.done_to",
  );

  function together(change: () => void): void {
    database.exec("BEGIN IMMEDIATE");
    try {
      change();
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  return {
    doneTo: (segment, kind) => (selectDone.get(segment, kind) as { done_to: number } | undefined)?.done_to ?? 0,
    planned: (segment, kind) => selectPlans.all(segment, kind) as unknown as Batch[],
    plan: ({ segment, kind, first, last }) => void insertPlan.run(segment, kind, first, last),
    divide({ segment, kind, first, last }, at) {
      together(() => {
        deletePlan.run(segment, kind, first);
        insertPlan.run(segment, kind, first, at);
        insertPlan.run(segment, kind, at, last);
      });
    },
    acknowledge({ segment, kind, first, last }) {
      together(() => {
        deletePlan.run(segment, kind, first);
        upsertDone.run(segment, kind, last);
      });
    },
    forget(segment) {
      together(() => {
        database.prepare("DELETE FROM plans WHERE segment = ?").run(segment);
        database.prepare("DELETE FROM done WHERE segment = ?").run(segment);
      });
    },
    close: () => database.close(),
  };
}
