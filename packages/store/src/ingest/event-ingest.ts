import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Alarm, EventHead, EventRow } from "@flywheel/protocol";
import { isRowsRejected } from "../logs/log-store.ts";
import {
  type Damage,
  listSegments,
  readBytes,
  readSegment,
  RECORD_KIND,
  type Segment,
  type WalRecord,
} from "../wal/index.ts";
import { createAlarms } from "./alarms.ts";
import { type EventPlan, openEventJournal } from "./event-journal.ts";
import { createHousekeeping } from "./housekeeping.ts";
import { createIngestLoop, type IngestLoop } from "./loop.ts";
import { openRejects } from "./rejects.ts";

const ALARM_AFTER_MS = 10_000;
const MOST_ROWS = 500;
const MOST_BYTES = 8 << 20;

export interface EventIngestOptions {
  /** The folder of the events' write-ahead log. */
  dir: string;
  /** Its own SQLite file. */
  statePath: string;
  /** Where what cannot become a row is kept. */
  rejectsDir: string;
  /** Redacts, and says what it means: the same record and configuration always give the same row. */
  toRow: (head: EventHead, payload: Uint8Array) => EventRow;
  redactBytes: (bytes: Uint8Array) => Uint8Array;
  /** All rows or none, leaving out those whose id is a row already. Throws `rows_rejected` as the log store does. */
  insert: (rows: EventRow[], token: string) => Promise<void>;
  isAlive: (writer: string) => boolean;
  keepSegmentSeconds: () => number;
  rejectDays: () => number;
  onAlarm: (alarm: Alarm) => void;
  onClear: (code: Alarm["code"]) => void;
}

/** A record of a batch, with where it stands. */
interface Batched {
  offset: number;
  record: WalRecord;
  row: EventRow;
}

interface Batch {
  plan: EventPlan;
  items: Batched[];
  /** There may be more behind it. */
  full: boolean;
}

/**
 * Turns events of the write-ahead log into rows, each event id exactly once whatever dies when and however often a
 * client sends it. Simpler than the ingest of generations: an event is one record, so a segment is done from front to back,
 * and the journal holds one number for it and at most one insert that was not acknowledged.
 */
export function createEventIngest(options: EventIngestOptions): IngestLoop {
  const { dir, toRow, insert, isAlive } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const journal = openEventJournal(options.statePath);
  const rejects = openRejects(options.rejectsDir, options.redactBytes);
  const alarms = createAlarms(options.onAlarm, options.onClear);
  const house = createHousekeeping({ ...options, noun: "event" }, journal, rejects, alarms);
  const aborter = new AbortController();
  const { signal } = aborter;
  let failingSince: number | undefined;

  /** Whether there was anything to insert; `undefined` after a failure: the next pass starts from what is on disk. */
  async function tryPass(): Promise<boolean | undefined> {
    try {
      const worked = await pass();
      failingSince = undefined;
      alarms.clear("store_unavailable");
      return worked;
    } catch (error) {
      failingSince ??= performance.now();
      // A log store that restarts is away for a second or two; that needs nobody.
      if (!signal.aborted && performance.now() - failingSince > ALARM_AFTER_MS)
        alarms.raise("store_unavailable", `Events are not becoming rows: ${(error as Error).message}`);
      return undefined;
    }
  }

  async function pass(): Promise<boolean> {
    const finished = journal.finished();
    // Whether a writer is dead is asked before its segments are listed, or what it wrote in between would be missed.
    const dead = new Set(
      listSegments(dir)
        .map(({ writer }) => writer)
        .filter((writer) => !isAlive(writer)),
    );
    const segments = listSegments(dir);
    let worked = false;
    for (const [index, segment] of segments.entries()) {
      if (finished.has(segment.name)) continue;
      const growing = segments[index + 1]?.writer !== segment.writer && !dead.has(segment.writer);
      worked = (await drainSegment(segment, growing)) || worked;
      if (!growing) journal.finish(segment.name, Date.now());
    }
    await house.keep();
    return worked;
  }

  /** Everything of a segment that is there now. */
  async function drainSegment(segment: Segment, growing: boolean): Promise<boolean> {
    let worked = false;
    const open = journal.planOf(segment.name);
    if (open) {
      await deliver(segment, readBatch(segment, open.first, open.last, growing));
      worked = true;
    }
    for (;;) {
      const batch = readBatch(segment, journal.doneTo(segment.name), Infinity, growing);
      if (batch.plan.last === batch.plan.first) return worked;
      await syncToDisk(segment.path);
      journal.plan(batch.plan);
      await deliver(segment, batch);
      worked = true;
      if (!batch.full) return worked;
    }
  }

  function readBatch(segment: Segment, first: number, to: number, growing: boolean): Batch {
    const batch: Batch = { plan: { segment: segment.name, first, last: first }, items: [], full: false };
    let bytes = 0;
    for (const item of readSegment(segment.path, first, growing)) {
      if (item.type === "tail" || item.offset >= to) break;
      batch.plan.last = item.end;
      const read = readItem(segment, item);
      if (read) batch.items.push(read);
      bytes += item.end - item.offset;
      batch.full = to === Infinity && (batch.items.length >= MOST_ROWS || bytes >= MOST_BYTES);
      if (batch.full) break;
    }
    return batch;
  }

  /** What cannot become a row is put aside; doing so twice changes nothing. */
  function readItem(segment: Segment, item: WalRecord | Damage): Batched | undefined {
    const why = { segment: segment.name, offset: item.offset };
    if (item.type !== "record") {
      rejects.bytes(
        { ...why, reason: "the bytes fail their checksum" },
        readBytes(segment.path, item.offset, item.end),
      );
      return undefined;
    }
    try {
      if (item.kind !== RECORD_KIND.event) throw new Error("the record is no event");
      const row = toRow(JSON.parse(item.head.toString()) as EventHead, item.body);
      return { offset: item.offset, record: item, row };
    } catch (error) {
      rejects.records({ ...why, reason: (error as Error).message }, undefined, item);
      return undefined;
    }
  }

  async function deliver(segment: Segment, { plan, items }: Batch): Promise<void> {
    await insertOrReject(segment, items);
    journal.settle(plan);
    house.reportRejects();
  }

  /** A batch that is refused is divided down to the one row that is at fault. Each part has a token of its own. */
  async function insertOrReject(segment: Segment, items: readonly Batched[]): Promise<void> {
    if (items.length === 0) return;
    signal.throwIfAborted();
    try {
      await insert(
        items.map(({ row }) => row),
        `events:${segment.name}:${items[0]!.offset}-${items.at(-1)!.offset}`,
      );
    } catch (error) {
      if (!isRowsRejected(error)) throw error;
      if (items.length === 1)
        return rejects.row(
          { segment: segment.name, offset: items[0]!.offset, reason: (error as Error).message },
          items[0]!.row,
        );
      await insertOrReject(segment, items.slice(0, items.length >> 1));
      await insertOrReject(segment, items.slice(items.length >> 1));
    }
  }

  return createIngestLoop(tryPass, aborter, () => journal.close());
}

/** Or a loss of power could take back records that the journal says were there. */
async function syncToDisk(path: string): Promise<void> {
  const file = await open(path);
  await file.datasync().finally(() => file.close());
}
