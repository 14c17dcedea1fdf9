import { mkdirSync } from "node:fs";
import type { Alarm, Generation } from "@flywheel/protocol";
import { createAlarms } from "./alarms.ts";
import { type Backlog, createBacklog, type Proposal, type Unusable } from "./backlog.ts";
import { readBytes } from "../wal/index.ts";
import { deliver } from "./delivery.ts";
import { createHousekeeping } from "./housekeeping.ts";
import { openJournal } from "./journal.ts";
import { createIngestLoop, type IngestLoop } from "./loop.ts";
import { openRejects } from "./rejects.ts";
import { finishSegments, forgetMissing } from "./retirement.ts";
import type { ToRow } from "./rows.ts";

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

export interface Ingest extends IngestLoop {
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
  const house = createHousekeeping({ ...options, noun: "generation" }, journal, rejects, alarms);
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
    if (worked) house.reportRejects();
    await house.keep();
    return worked;
  }

  function take(proposal: Proposal): Promise<void> {
    const { toRow, insert } = options;
    return deliver({ journal, backlog, rejects, alarms, toRow, insert, onRows, signal }, proposal);
  }

  function reportFailure(error: NodeJS.ErrnoException & { errcode?: number }): void {
    const full = error.code === "ENOSPC" || error.errcode === SQLITE_FULL;
    alarms.raise(full ? "disk_full" : "store_unavailable", `Generations are not becoming rows: ${error.message}`);
  }

  const loop = createIngestLoop(tryPass, aborter, () => journal.close());
  return { ...loop, pending: () => backlog.pending() };
}
