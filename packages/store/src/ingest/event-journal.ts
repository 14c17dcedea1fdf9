import { openJournalFile } from "./journal-file.ts";

/**
 * What the ingest of events must know after its own death, on disk before each call returns.
 *
 * - `segments`: how far each is in the log store, and since when it is finished
 * - `plans`: the insert of each that may have reached the log store and was not acknowledged
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS segments (name TEXT PRIMARY KEY, done_to INTEGER NOT NULL, finished INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS plans (segment TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Bytes of a segment, `[first, last)`. */
export interface EventPlan {
  segment: string;
  first: number;
  last: number;
}

export type EventJournal = ReturnType<typeof openEventJournal>;

/** Opens or makes the journal. Throws `store_damaged` where the file is something else or damaged. */
export function openEventJournal(path: string) {
  const { db, together } = openJournalFile(path, SCHEMA);
  const doneTo = db.prepare("SELECT done_to FROM segments WHERE name = ?");
  const setDone = db.prepare(
    "INSERT INTO segments (name, done_to) VALUES (?, ?) ON CONFLICT DO UPDATE SET done_to = excluded.done_to",
  );
  const setFinished = db.prepare(
    "INSERT INTO segments (name, done_to, finished) VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET finished = excluded.finished",
  );
  const finished = db.prepare("SELECT name, finished FROM segments WHERE finished IS NOT NULL");
  const planOf = db.prepare("SELECT segment, first, last FROM plans WHERE segment = ?");
  const addPlan = db.prepare("INSERT INTO plans (segment, first, last) VALUES (?, ?, ?)");
  const deletePlan = db.prepare("DELETE FROM plans WHERE segment = ?");
  const forgetSegment = db.prepare("DELETE FROM segments WHERE name = ?");

  return {
    doneTo: (segment: string): number => Number(doneTo.get(segment)?.["done_to"] ?? 0),
    planOf(segment: string): EventPlan | undefined {
      const row = planOf.get(segment);
      return row && ({ ...row } as unknown as EventPlan);
    },
    /** Name → since when, epoch milliseconds. */
    finished: (): Map<string, number> =>
      new Map(finished.all().map((row) => [String(row["name"]), Number(row["finished"])])),
    /** To be called before the insert. */
    plan: ({ segment, first, last }: EventPlan): void => void addPlan.run(segment, first, last),
    /** To be called after the insert, and for what holds nothing to insert. */
    settle: ({ segment, last }: EventPlan): void =>
      together(() => {
        deletePlan.run(segment);
        setDone.run(segment, last);
      }),
    finish: (segment: string, now: number): void => void setFinished.run(segment, now),
    /** To be called after the segment's file is gone for good. */
    forget: (segment: string): void =>
      together(() => {
        deletePlan.run(segment);
        forgetSegment.run(segment);
      }),
    close: (): void => db.close(),
  };
}
