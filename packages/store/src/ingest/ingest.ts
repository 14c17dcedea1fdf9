import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Alarm, Generation } from "@flywheel/protocol";
import { createAlarms } from "./alarms.ts";
import { type Backlog, createBacklog, type Proposal, type Unusable } from "./backlog.ts";
import { readBytes } from "../wal/index.ts";
import { deliver } from "./delivery.ts";
import { openJournal } from "./journal.ts";
import { openRejects } from "./rejects.ts";
import { deleteSegments, finishSegments, forgetMissing } from "./retirement.ts";
import type { ToRow } from "./rows.ts";

/** How soon a record is noticed. */
const IDLE_MS = 150;
/** Under steady traffic rows gather this long, since every insert costs the log store a part on disk. */
const BUSY_MS = 400;
const AFTER_FAILURE_MS = 1000;
const HOUSEKEEPING_MS = 5000;
const DAY_MS = 86_400_000;
const SQLITE_FULL = 13;

export interface IngestOptions {
  /** The folder of the write-ahead log. */
  dir: string;
  /** Ingest's own SQLite file. */
  statePath: string;
  /** Where what cannot become a row is kept. */
  rejectsDir: string;
  toRow: ToRow;
  /** For what `toRow` cannot take. */
  redactBytes: (bytes: Uint8Array) => Uint8Array;
  /**
   * All rows or none. A token that was inserted before inserts nothing and succeeds. Throws `rows_rejected` where one
   * of the rows can never be inserted; after any other error the same is tried again.
   */
  insert: (rows: Generation[], token: string) => Promise<void>;
  /** Whether the process that owns this writer may still append. Once `false`, always `false`. */
  isAlive: (writer: string) => boolean;
  keepSegmentSeconds: () => number;
  rejectDays: () => number;
  /** Rows that are now in the log store. After a crash it may be told of some again. */
  onRows: (rows: Generation[]) => void;
  /** Told again where the message changes. */
  onAlarm: (alarm: Alarm) => void;
  onClear: (code: Alarm["code"]) => void;
}

export interface Ingest {
  start(): void;
  /** Inserts what is there for as long as the log store takes it, but no longer than `waitMs`; then lets go of all. */
  stop(waitMs?: number): Promise<void>;
  /** Generations in the write-ahead log that are not rows yet, those still running included. */
  pending(): number;
}

/**
 * Turns the write-ahead log into rows of the log store, each generation exactly once whatever dies when.
 * Throws `store_damaged` where its journal cannot be opened.
 */
export function createIngest(options: IngestOptions): Ingest {
  const { dir, onRows } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const journal = openJournal(options.statePath);
  const rejects = openRejects(options.rejectsDir, options.redactBytes);
  const alarms = createAlarms(options.onAlarm, options.onClear);
  const aborter = new AbortController();
  const { signal } = aborter;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let keptHouse = -Infinity;
  let backlog = openBacklog();

  function openBacklog(): Backlog {
    forgetMissing(dir, journal);
    return createBacklog({ dir, journal, isAlive: options.isAlive, onUnusable: keepUnusable });
  }

  function keepUnusable({ segment, offset, end, reason, record }: Unusable): void {
    const why = { segment: segment.name, offset, reason };
    if (record) rejects.records(why, undefined, record);
    else rejects.bytes(why, readBytes(segment.path, offset, end));
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const worked = await tryPass();
      if (stopping.signal.aborted && worked !== true) return;
      await sleep(worked === undefined ? AFTER_FAILURE_MS : worked ? BUSY_MS : IDLE_MS, undefined, {
        signal: stopping.signal,
      }).catch(() => {});
    }
  }

  /** Whether there was anything to insert; `undefined` after a failure. */
  async function tryPass(): Promise<boolean | undefined> {
    try {
      const worked = await pass();
      alarms.clear("disk_full");
      return worked;
    } catch (error) {
      if (signal.aborted) return undefined;
      // Half a pass may have been noted in memory and not on disk: start from what is on disk, as after a crash.
      backlog = openBacklog();
      reportFailure(error as NodeJS.ErrnoException & { errcode?: number });
      return undefined;
    }
  }

  async function pass(): Promise<boolean> {
    backlog.refresh();
    let worked = false;
    let more = true;
    while (more) {
      more = false;
      for (const proposal of backlog.propose()) {
        await take(proposal);
        worked = true;
        more ||= proposal.full;
      }
    }
    for (const proposal of backlog.proposeInterrupted()) {
      await take(proposal);
      worked = true;
    }
    finishSegments(backlog, journal, Date.now());
    if (worked) reportRejects();
    if (performance.now() - keptHouse > HOUSEKEEPING_MS) await keepHouse();
    return worked;
  }

  function take(proposal: Proposal): Promise<void> {
    const { toRow, insert } = options;
    return deliver({ journal, backlog, rejects, alarms, toRow, insert, onRows, signal }, proposal);
  }

  async function keepHouse(): Promise<void> {
    await deleteSegments(dir, journal, Date.now() - options.keepSegmentSeconds() * 1000);
    rejects.deleteOlderThan(Date.now() - options.rejectDays() * DAY_MS);
    reportRejects();
    keptHouse = performance.now();
  }

  function reportRejects(): void {
    const count = rejects.count();
    if (count === 0) alarms.clear("rejected_rows");
    else
      alarms.raise(
        "rejected_rows",
        `${count} generation${count === 1 ? "" : "s"} could not be stored; see ${options.rejectsDir}`,
      );
  }

  function reportFailure(error: NodeJS.ErrnoException & { errcode?: number }): void {
    const full = error.code === "ENOSPC" || error.errcode === SQLITE_FULL;
    alarms.raise(full ? "disk_full" : "store_unavailable", `Generations are not becoming rows: ${error.message}`);
  }

  return {
    start: () => void (running ??= run()),
    async stop(waitMs = 5000) {
      const deadline = setTimeout(() => aborter.abort(), waitMs);
      stopping.abort();
      await running;
      clearTimeout(deadline);
      journal.close();
    },
    pending: () => backlog.pending(),
  };
}
