import { openJournalFile } from "./journal-file.ts";
import type { Plan } from "./plan.ts";

/** Where a `begin` stands. */
export interface BeginPlace {
  segment: string;
  offset: number;
}

/**
 * What ingest must know after its own death, on disk before each call returns.
 *
 * - `plans`: inserts that may have reached the log store and were not acknowledged
 * - `segments`: how far the `end`s of each are planned, and since when it is finished (all of it rows, nothing awaited)
 * - `joined`: begins that became rows in a way their own segment does not tell: by an `end` in a later one, or by none
 *
 * Rows go with their segment, so it stays small.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS segments (name TEXT PRIMARY KEY, planned_to INTEGER NOT NULL, finished INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS plans (
    segment TEXT, kind TEXT, first INTEGER, last INTEGER NOT NULL, PRIMARY KEY (segment, kind, first)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS joined (segment TEXT, "offset" INTEGER, PRIMARY KEY (segment, "offset")) STRICT, WITHOUT ROWID;
`;

export type Journal = ReturnType<typeof openJournal>;

/** Opens or makes the journal. Throws `store_damaged` where the file is something else or damaged. */
export function openJournal(path: string) {
  const { db, together } = openJournalFile(path, SCHEMA);
  const plannedTo = db.prepare("SELECT planned_to FROM segments WHERE name = ?");
  const setPlannedTo = db.prepare(
    "INSERT INTO segments (name, planned_to) VALUES (?, ?) ON CONFLICT DO UPDATE SET planned_to = excluded.planned_to",
  );
  const setFinished = db.prepare(
    "INSERT INTO segments (name, planned_to, finished) VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET finished = excluded.finished",
  );
  const finished = db.prepare("SELECT name, finished FROM segments WHERE finished IS NOT NULL");
  const segmentNames = db.prepare(
    "SELECT name FROM segments UNION SELECT segment FROM plans UNION SELECT segment FROM joined",
  );
  const plans = db.prepare("SELECT segment, kind, first, last FROM plans ORDER BY segment, kind, first");
  const addPlan = db.prepare("INSERT INTO plans (segment, kind, first, last) VALUES (?, ?, ?, ?)");
  const deletePlan = db.prepare("DELETE FROM plans WHERE segment = ? AND kind = ? AND first = ?");
  const joined = db.prepare('SELECT "offset" FROM joined WHERE segment = ?');
  const addJoined = db.prepare('INSERT OR IGNORE INTO joined (segment, "offset") VALUES (?, ?)');
  const forgetting = [
    db.prepare("DELETE FROM segments WHERE name = ?"),
    db.prepare("DELETE FROM plans WHERE segment = ?"),
    db.prepare("DELETE FROM joined WHERE segment = ?"),
  ];

  const add = ({ segment, kind, first, last }: Plan) => addPlan.run(segment, kind, first, last);
  const remove = ({ segment, kind, first }: Plan) => deletePlan.run(segment, kind, first);

  return {
    /** Byte up to which the `end`s of a segment are in a plan, or were. */
    plannedTo: (segment: string): number => Number(plannedTo.get(segment)?.planned_to ?? 0),
    /** Not acknowledged yet, in order. */
    plans: (): Plan[] => plans.all().map((row) => ({ ...row }) as unknown as Plan),
    joinedIn: (segment: string): Set<number> => new Set(joined.all(segment).map((row) => Number(row.offset))),
    /** Name → since when, epoch milliseconds. */
    finished: (): Map<string, number> => new Map(finished.all().map((row) => [String(row.name), Number(row.finished)])),
    segmentNames: (): string[] => segmentNames.all().map((row) => String(row.name)),

    /** To be called before the insert. `to` is where the last of its `end`s ends. */
    plan(plan: Plan, to?: number): void {
      together(() => {
        add(plan);
        if (to !== undefined) setPlannedTo.run(plan.segment, to);
      });
    },
    /** To be called where a plan's insert was refused, so that none of it is in the log store. */
    divide(plan: Plan, halves: readonly Plan[]): void {
      together(() => {
        remove(plan);
        halves.forEach(add);
      });
    },
    /** To be called after the insert. */
    settle(plan: Plan, begins: readonly BeginPlace[]): void {
      together(() => {
        remove(plan);
        for (const { segment, offset } of begins) addJoined.run(segment, offset);
      });
    },
    finish: (segment: string, now: number): void => void setFinished.run(segment, now),
    /** To be called after the segment's file is gone for good. */
    forget(segment: string): void {
      together(() => forgetting.forEach((statement) => statement.run(segment)));
    },
    close: (): void => db.close(),
  };
}
