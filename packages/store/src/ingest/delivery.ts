import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Generation } from "@flywheel/protocol";
import { isRowsRejected } from "../logs/log-store.ts";
import type { Alarms } from "./alarms.ts";
import type { Backlog, Proposal } from "./backlog.ts";
import type { Journal } from "./journal.ts";
import { type Plan, tokenOf } from "./plan.ts";
import type { Rejects } from "./rejects.ts";
import { type FailedRow, makeRows, type PlannedRow, type ToRow } from "./rows.ts";

const RETRY_MS = { first: 100, most: 2000 };
/** A log store that restarts is away for a second or two; that needs nobody. */
const ALARM_AFTER_MS = 10_000;

export interface Delivery {
  journal: Journal;
  backlog: Backlog;
  rejects: Rejects;
  alarms: Alarms;
  toRow: ToRow;
  /** All or none; a repeated token inserts nothing. */
  insert: (rows: Generation[], token: string) => Promise<void>;
  onRows: (rows: Generation[]) => void;
  /** Gives up: what is planned is inserted in the next life. */
  signal: AbortSignal;
}

/**
 * Brings one plan into the log store, each of its generations exactly once. The plan is on disk before its insert and
 * goes after it; whoever finds it there inserts the same rows under the same token again, and the log store drops them
 * if it has them.
 */
export async function deliver(delivery: Delivery, { plan, to, replayed }: Proposal): Promise<void> {
  if (!replayed) {
    await syncUpTo(delivery.backlog, plan.segment);
    delivery.journal.plan(plan, to);
  }
  await complete(delivery, plan);
}

async function complete(delivery: Delivery, plan: Plan): Promise<void> {
  const { journal, backlog, rejects, toRow, onRows } = delivery;
  const { rows, failed } = makeRows(plan, backlog, toRow);
  // The token stays: where an earlier life could make these rows too and inserted all, this insert is dropped, rightly.
  for (const { offset, error, beginRecord, endRecord } of failed)
    rejects.records({ segment: plan.segment, offset, reason: error.message }, beginRecord, endRecord);

  const refusal = rows.length > 0 ? await insert(delivery, rows, tokenOf(plan)) : undefined;
  if (refusal && rows.length > 1) {
    const halves = halvesOf(plan, rows, failed);
    journal.divide(plan, halves);
    for (const half of halves) await complete(delivery, half);
    return;
  }
  if (refusal) rejects.row({ segment: plan.segment, offset: rows[0]!.offset, reason: refusal.message }, rows[0]!.row);
  const begins = [...rows, ...failed].map(({ begin }) => begin);
  journal.settle(
    plan,
    begins.filter(({ segment }) => segment !== plan.segment || plan.kind === "interrupted"),
  );
  begins.forEach(backlog.begins.remove);
  if (!refusal && rows.length > 0) onRows(rows.map(({ row }) => row));
}

/** Tries until the log store has answered. Gives its reason where it can never take these rows. */
async function insert(
  { insert: send, alarms, signal }: Delivery,
  rows: PlannedRow[],
  token: string,
): Promise<Error | undefined> {
  const generations = rows.map(({ row }) => row);
  const started = performance.now();
  for (let pause = RETRY_MS.first; ; pause = Math.min(pause * 2, RETRY_MS.most)) {
    try {
      await orAborted(send(generations, token), signal);
      alarms.clear("store_unavailable");
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (isRowsRejected(error)) return error as Error;
      if (performance.now() - started > ALARM_AFTER_MS)
        alarms.raise("store_unavailable", `The log store takes no rows: ${(error as Error).message}`);
    }
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
  }
}

/** Each half is a plan of its own, since its token must never stand for other rows. */
function halvesOf({ segment, kind, first, last }: Plan, rows: PlannedRow[], failed: FailedRow[]): [Plan, Plan] {
  const middle = rows[rows.length >> 1]!.offset;
  const before = [...rows, ...failed].map(({ offset }) => offset).filter((offset) => offset < middle);
  return [
    { segment, kind, first, last: Math.max(...before) },
    { segment, kind, first: middle, last },
  ];
}

/** Or a loss of power could take back records that the journal says were there. */
async function syncUpTo(backlog: Backlog, name: string): Promise<void> {
  const { writer, sequence } = backlog.segment(name)!;
  for (const segment of backlog.segments()) {
    if (segment.writer !== writer || segment.sequence > sequence || segment.synced) continue;
    const file = await open(segment.path);
    await file.datasync().finally(() => file.close());
    segment.synced = segment.complete;
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}
