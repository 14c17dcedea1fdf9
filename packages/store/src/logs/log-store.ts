import {
  type EventPage,
  type EventQuery,
  type EventRow,
  FlywheelError,
  type Generation,
  type GenerationPage,
  type GenerationQuery,
  type GenerationTotals,
} from "@flywheel/protocol";
import type { TrialRows, TrialRowsQuery } from "./trials.ts";
import type { UsageRow, UsageRowsQuery } from "./usage.ts";

/**
 * Every generation, in ClickHouse's SQL: chDB behind our front, or a cluster. Rows are immutable.
 * Where the store is away or too busy, every method throws a `FlywheelError` that says `retryable`.
 */
export interface LogStore {
  /** Create or upgrade the database. Each other method does it first by itself. Safe to run from many processes at once. */
  migrate(): Promise<void>;
  /**
   * Insert all rows, or none; on return they are on disk. The same token again, within the last 10,000 inserts of a day,
   * inserts nothing and succeeds: after any retryable error, call again with exactly the same rows and token.
   * Throws `rows_rejected` (see {@link isRowsRejected}) where one of the rows can never be inserted or all together are
   * too large: then none went in, and the batch may be divided. Keep a batch under 500 rows and 16 MB of text.
   */
  insert(rows: readonly Generation[], token: string): Promise<void>;
  /** Summaries, newest first; oldest first with `after`. */
  list(query: GenerationQuery): Promise<GenerationPage>;
  get(id: string): Promise<Generation | undefined>;
  /** Those of these ids that are rows, in any order; ask for at most 200 at once. */
  getMany(ids: readonly string[]): Promise<Generation[]>;
  totals(query: GenerationQuery): Promise<GenerationTotals>;
  /**
   * Figures of a period: one row over all of it, or one per group and stretch of time with something in it. Groups come
   * largest first, stretches oldest first.
   */
  usage(query: UsageRowsQuery): Promise<UsageRow[]>;
  /**
   * Insert events, or none of them, leaving out those whose id is a row of the project already. For the token and the
   * errors the same holds as for {@link insert}. Only one process may insert events.
   */
  insertEvents(rows: readonly EventRow[], token: string): Promise<void>;
  /** Newest first; oldest first with `after`. */
  listEvents(query: EventQuery): Promise<EventPage>;
  /** All that is known by now of a trial's answers; of one user not more than one user may weigh. */
  trialRows(trial: TrialRowsQuery): Promise<TrialRows>;
  /** Drop the UTC days that ended before the day of `time`. Returns how many were dropped. */
  dropBefore(time: Date): Promise<number>;
  /** Delete every row of a project. Returns how many there were. */
  deleteProject(project: string): Promise<number>;
  /** Whether the store answers a query now. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** Whether an insert failed because of its rows, so that trying again as it is cannot help. */
export function isRowsRejected(error: unknown): boolean {
  return error instanceof FlywheelError && error.code === "rows_rejected";
}
