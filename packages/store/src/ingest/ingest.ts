import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Alarm, BeginHead, EndHead, Generation } from "@flywheel/protocol";
import { isRowsRejected } from "../logs/log-store.ts";
import { readRecordAt, RECORD_KIND, type WalRecord } from "../wal/index.ts";
import { type Backlog, type Place, readBacklog } from "./backlog.ts";
import { type Batch, type BatchKind, type Journal, openJournal, tokenOf } from "./journal.ts";
import { openRejects, type Rejects } from "./rejects.ts";

export interface IngestOptions {
  /** The write-ahead log. */
  dir: string;
  /** This ingest's own journal. */
  statePath: string;
  rejectsDir: string;
  /** Decode, redact, price. Must give the same row for the same records. `end` is `null`: interrupted. */
  toRow(begin: BeginHead, rawRequest: Uint8Array, end: EndHead | null, rawResponse: Uint8Array): Generation;
  /** Redaction for what `toRow` cannot decode. */
  redactBytes(bytes: Uint8Array): Uint8Array;
  /** All rows or none; a repeated token inserts nothing. See `LogStore.insert` for its errors. */
  insert(rows: Generation[], token: string): Promise<void>;
  /** Whether the process of this writer may still append. Once false, always false. */
  isAlive(writer: string): boolean;
  keepSegmentSeconds(): number;
  rejectDays(): number;
  /** New rows, in the order they were stored. */
  onRows(rows: Generation[]): void;
  onAlarm(alarm: Alarm): void;
  onClear(code: Alarm["code"]): void;
}

export interface Ingest {
  start(): void;
  /** Store what is there (for as long as the log store answers, at most `waitMs`), then end. */
  stop(waitMs?: number): Promise<void>;
  /** Records that wait to become rows. */
  pending(): number;
}

const POLL_MS = 100;
const SWEEP_MS = 10_000;
const MAX_ROWS = 400;
const MAX_BYTES = 8 << 20;
const UNAVAILABLE_MS = 10_000;
const RETRY_MS = { first: 50, last: 5000 };

/**
 * Turn the write-ahead log into rows, each exactly once. A batch is planned in the journal, inserted under a token made of
 * its place, and acknowledged; after a crash at any point the same batch is inserted again under the same token, which
 * the log store drops if it has it.
 */
export function createIngest(options: IngestOptions): Ingest {
  const journal = openJournal(options.statePath);
  const rejects = openRejects(options.rejectsDir);
  const backlog = readBacklog(options.dir, journal, options.isAlive);
  const steps: Steps = { options, journal, rejects, backlog };
  let running: Promise<void> | undefined;
  let deadline = Infinity;
  let failingSince = 0;
  let retryMs = RETRY_MS.first;
  let swept = 0;

  async function run(): Promise<void> {
    while (performance.now() < deadline) {
      const worked = await turn();
      if (!worked && deadline !== Infinity) break;
      if (!worked) await sleep(POLL_MS);
    }
  }

  /** One pass; true where something was stored. */
  async function turn(): Promise<boolean> {
    try {
      backlog.refresh();
      reportDamage(steps);
      const worked = await storeEndings(steps) || (await storeAbandoned(steps));
      recovered();
      if (performance.now() - swept > SWEEP_MS) sweep();
      return worked;
    } catch (error) {
      await backOff(error as Error);
      return deadline !== Infinity;
    }
  }

  function sweep(): void {
    swept = performance.now();
    for (const name of backlog.deleteOlder(Date.now() - options.keepSegmentSeconds() * 1000)) journal.forget(name);
    rejects.deleteOlder(Date.now() - options.rejectDays() * 86_400_000);
  }

  async function backOff(error: Error): Promise<void> {
    const now = performance.now();
    failingSince ||= now;
    if (now - failingSince > UNAVAILABLE_MS)
      options.onAlarm({ code: "store_unavailable", message: `The log store does not take rows: ${error.message}`, since: Math.round(Date.now() - (now - failingSince)) });
    await sleep(Math.min(retryMs * (0.5 + Math.random()), Math.max(0, deadline - now)));
    retryMs = Math.min(RETRY_MS.last, retryMs * 2);
  }

  function recovered(): void {
    if (failingSince) options.onClear("store_unavailable");
    failingSince = 0;
    retryMs = RETRY_MS.first;
  }

  return {
    start: () => void (running ??= run()),
    async stop(waitMs = 5000) {
      deadline = performance.now() + waitMs;
      await running;
      journal.close();
    },
    pending: () => backlog.pending(),
  };
}

interface Steps {
  options: IngestOptions;
  journal: Journal;
  rejects: Rejects;
  backlog: Backlog;
}

/** One record or two that become one row. `at` is the place that orders and plans it. */
interface Item {
  at: Place;
  begin: Place | undefined;
  end: Place | undefined;
}

async function storeEndings(steps: Steps): Promise<boolean> {
  let worked = false;
  for (const segment of steps.backlog.segments()) {
    while (segment.endings.length > 0) {
      const items = segment.endings.map(({ begin, end }) => ({ at: end, begin, end }));
      const stored = await storeNext(steps, segment.name, "end", items);
      segment.endings.splice(0, stored);
      worked = true;
    }
  }
  return worked;
}

async function storeAbandoned(steps: Steps): Promise<boolean> {
  const bySegment = Map.groupBy(steps.backlog.abandoned(), ({ segment }) => segment);
  for (const [segment, places] of bySegment) {
    const items = places.sort((a, b) => a.offset - b.offset).map((at) => ({ at, begin: at, end: undefined }));
    const stored = await storeNext(steps, segment, "interrupted", items);
    steps.backlog.settleAbandoned(places.slice(0, stored));
  }
  return bySegment.size > 0;
}

/** Store the next batch of these items (all of one segment and kind, in order); gives how many were stored. */
async function storeNext(steps: Steps, segment: string, kind: BatchKind, items: Item[]): Promise<number> {
  const batch = steps.journal.planned(segment, kind)[0] ?? planNext(steps.journal, segment, kind, items);
  const inside = items.filter(({ at }) => at.offset < batch.last);
  await storeBatch(steps, batch, inside);
  return inside.length;
}

/** As many items as fit; the batch begins where the last one ended, so that nothing can fall between two. */
function planNext(journal: Journal, segment: string, kind: BatchKind, items: Item[]): Batch {
  let bytes = 0;
  let count = 0;
  for (const { begin, end } of items) {
    bytes += (begin?.bytes ?? 0) + (end?.bytes ?? 0);
    if (count === MAX_ROWS || (count > 0 && bytes > MAX_BYTES)) break;
    count++;
  }
  const { offset, bytes: length } = items[count - 1]!.at;
  const batch = { segment, kind, first: journal.doneTo(segment, kind), last: offset + length };
  journal.plan(batch);
  return batch;
}

async function storeBatch(steps: Steps, batch: Batch, items: Item[]): Promise<void> {
  const { options, journal } = steps;
  const rows = items.flatMap((item) => makeRow(steps, item) ?? []);
  try {
    if (rows.length > 0) await options.insert(rows, tokenOf(batch));
  } catch (error) {
    if (!isRowsRejected(error)) throw error;
    return divide(steps, batch, items, rows, error as Error);
  }
  journal.acknowledge(batch);
  if (rows.length > 0) options.onRows(rows);
}

/** Halve a refused batch until the one row that cannot go in stands alone. */
async function divide(steps: Steps, batch: Batch, items: Item[], rows: Generation[], reason: Error): Promise<void> {
  if (items.length === 1) {
    reject(steps, items[0]!.at, { reason: reason.message, row: rows[0] });
    steps.journal.acknowledge(batch);
    return;
  }
  const middle = items.length >> 1;
  const at = items[middle]!.at.offset;
  steps.journal.divide(batch, at);
  await storeBatch(steps, { ...batch, last: at }, items.slice(0, middle));
  await storeBatch(steps, { ...batch, first: at }, items.slice(middle));
}

function makeRow(steps: Steps, item: Item): Generation | undefined {
  const { options } = steps;
  const begin = item.begin && read(options.dir, item.begin);
  const end = item.end && read(options.dir, item.end);
  try {
    if (begin?.kind !== RECORD_KIND.begin) throw new Error("the record of its beginning is damaged");
    const endHead = end ? (headOf(end) as EndHead) : null;
    return options.toRow(headOf(begin) as BeginHead, begin.body, endHead, end?.body ?? new Uint8Array());
  } catch (error) {
    reject(steps, item.at, {
      reason: (error as Error).message,
      begin: begin && headOf(begin),
      end: end && headOf(end),
      request: redacted(options, begin?.body),
      response: redacted(options, end?.body),
    });
    return undefined;
  }
}

const headOf = (record: WalRecord): unknown => JSON.parse(record.head.toString());

function read(dir: string, { segment, offset }: Place): WalRecord {
  const fd = openSync(join(dir, `${segment}.wal`), "r");
  try {
    const record = readRecordAt(fd, offset);
    if (!record) throw new Error(`${segment} has changed at ${offset}`);
    return record;
  } finally {
    closeSync(fd);
  }
}

/** What a checksum refuses cannot become a row; it is kept for a person, redacted, and said aloud. */
function reportDamage(steps: Steps): void {
  for (const segment of steps.backlog.segments()) {
    for (const place of segment.damaged) reject(steps, place, { reason: "the record fails its checksum or its framing", bytes: place.bytes });
    segment.damaged = [];
  }
}

function reject({ options, rejects }: Steps, { segment, offset }: Place, content: Record<string, unknown>): void {
  rejects.add(segment, offset, content);
  const count = rejects.count();
  const message = `${count} generation${count === 1 ? "" : "s"} could not be stored; see ${options.rejectsDir}`;
  options.onAlarm({ code: "rejected_rows", message, since: Date.now() });
}

function redacted(options: IngestOptions, bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(options.redactBytes(bytes)).toString("utf8") : "";
}
