import { mkdirSync } from "node:fs";
import {
  type BeginHead,
  type Durability,
  type EndHead,
  type EventHead,
  type EventRecorder,
  FlywheelError,
  type GenerationRecorder,
  type RecordDone,
} from "@flywheel/protocol";
import { createFreeSpace } from "./free-space.ts";
import { encodeRecord, RECORD_KIND, type RecordKind } from "./record.ts";
import { createSegmentFile, type SegmentFile } from "./segment-file.ts";
import { segmentPath } from "./segment.ts";

/** Under the promised 5 ms by what a timer may be late. */
const SYNC_DELAY_MS = 4;
const MB = 1 << 20;
/** Memory for the records of one turn; what does not fit is allocated. */
const SCRATCH_BYTES = MB / 4;
/** No space, no quota, or beyond the size a file may have. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export interface WalWriterOptions {
  /** Made (0700) where it is missing. */
  dir: string;
  /** Unique for the life of this process; segments are named after it. */
  writer: string;
  /** Asked at every write, so that it can change while running. */
  durability: () => Durability;
  /** A segment of this size is followed by a new one. A record is never split. Default 8 MB. */
  segmentBytes?: number;
  /** So is one that has held data for this long. Default one minute. */
  segmentMs?: number;
  /** Below this much free space no generation may begin; those that have begun can still end. Default 64 MB. */
  minFreeBytes?: number;
  /** Told of every failure of the disk, beside the `done` of the records it hit. */
  onError?: (error: FlywheelError) => void;
}

export interface WalWriter extends GenerationRecorder, EventRecorder {
  /** Writes and syncs what is queued. Later records are refused. */
  close(done: () => void): void;
}

interface Queued {
  buffers: Buffer[];
  done: RecordDone;
}

/**
 * The write-ahead log of one gateway process. Everything recorded in one turn of the event loop is written by one
 * synchronous `writev` at its end: into the page cache that takes a few microseconds, less than the trip to the thread
 * pool and back that an asynchronous write would add to every answer (bench/wal.ts). Syncing takes milliseconds and is
 * always asynchronous.
 *
 * `done` is never called before `begin` or `end` has returned. Bodies must not be changed until it is.
 */
export function createWalWriter(options: WalWriterOptions): WalWriter {
  const { dir, writer, durability, segmentBytes = 8 * MB, segmentMs = 60_000, minFreeBytes = 64 * MB } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const space = createFreeSpace(dir);

  // Records are written at the end of their turn, so the turn after the next can use the same memory.
  let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  let otherScratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  let scratchUsed = 0;
  let queue: Queued[] = [];
  let scheduled = false;
  let closed = false;
  let sequence = 0;
  let current: SegmentFile | undefined;
  let rotation: NodeJS.Timeout | undefined;
  let syncTimer: NodeJS.Timeout | undefined;

  function allocate(size: number): Buffer {
    if (size > SCRATCH_BYTES - scratchUsed) return Buffer.allocUnsafe(size);
    scratchUsed += size;
    return scratch.subarray(scratchUsed - size, scratchUsed);
  }

  function refuse(done: RecordDone, code: "shutting_down" | "storage_full"): void {
    process.nextTick(done, new FlywheelError(code));
  }

  function enqueue(buffers: Buffer[], done: RecordDone): void {
    queue.push({ buffers, done });
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = false;
    let rest = queue;
    queue = [];
    [scratch, otherScratch] = [otherScratch, scratch];
    scratchUsed = 0;
    while (rest.length > 0) {
      const file = writableFile();
      if (file instanceof Error) return fail(rest, file);
      const before = file.size();
      const { count, error } = file.append(rest.map(({ buffers }) => buffers));
      space.used(file.size() - before);
      if (count > 0) written(file, rest.slice(0, count));
      // A record that does not fit is refused alone: the next may be smaller, an `end` behind a huge `begin` say.
      if (error) fail(rest.slice(count, count + 1), error);
      rest = rest.slice(error ? count + 1 : count);
    }
  }

  function writableFile(): SegmentFile | NodeJS.ErrnoException {
    if (current && current.size() >= segmentBytes) seal();
    if (current) return current;
    try {
      current = createSegmentFile(segmentPath(dir, writer, sequence++));
      return current;
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
  }

  function written(file: SegmentFile, records: Queued[]): void {
    rotation ??= setTimeout(rotate, segmentMs).unref();
    const mode = durability();
    if (mode === "strict") return file.sync((error) => (error ? syncFailed(file, records, error) : settle(records)));
    if (mode === "fsync") syncTimer ??= setTimeout(syncCurrent, SYNC_DELAY_MS);
    settle(records);
  }

  /** A segment sealed since then was synced on that occasion. */
  function syncCurrent(): void {
    syncTimer = undefined;
    if (current) sync(current);
  }

  function sync(file: SegmentFile): void {
    file.sync((error) => error && syncFailed(file, [], error));
  }

  /** What could not be synced may be gone from memory as well, so nothing more is put behind it. */
  function syncFailed(file: SegmentFile, records: Queued[], error: Error): void {
    if (file === current) seal();
    fail(records, error);
  }

  function fail(records: Queued[], cause: NodeJS.ErrnoException): void {
    const error = storageError(cause);
    options.onError?.(error);
    for (const { done } of records) done(error);
  }

  /** The next segment is made at once: only a segment with a later one is known to be complete, and may go. */
  function rotate(): void {
    if (closed || !current) return;
    seal();
    const next = writableFile();
    if (next instanceof Error) fail([], next);
  }

  function seal(): void {
    if (!current) return;
    clearTimeout(rotation);
    rotation = undefined;
    sync(current);
    current.close();
    current = undefined;
  }

  /** Something new, which a disk that is nearly full has no room for. */
  function start(kind: RecordKind, head: BeginHead | EventHead, body: Uint8Array, done: RecordDone): void {
    if (closed) return refuse(done, "shutting_down");
    if (space.bytes() - body.length < minFreeBytes) return refuse(done, "storage_full");
    enqueue(encodeRecord(kind, head, [body], allocate), done);
  }

  return {
    begin: (head, rawRequest, done) => start(RECORD_KIND.begin, head, rawRequest, done),
    event: (head, payload, done) => start(RECORD_KIND.event, head, payload, done),
    end(head: EndHead, rawResponse: readonly Uint8Array[], done: RecordDone): void {
      if (closed) return refuse(done, "shutting_down");
      enqueue(encodeRecord(RECORD_KIND.end, head, rawResponse, allocate), done);
    },
    close(done: () => void): void {
      closed = true;
      flush();
      clearTimeout(rotation);
      clearTimeout(syncTimer);
      const file = current;
      current = undefined;
      if (!file) return process.nextTick(done);
      file.sync((error) => {
        if (error) fail([], error);
        done();
      });
      file.close();
    },
  };
}

function settle(records: Queued[]): void {
  for (const { done } of records) done();
}

function storageError(cause: NodeJS.ErrnoException): FlywheelError {
  if (FULL.has(cause.code ?? "")) return new FlywheelError("storage_full", {}, { cause });
  return new FlywheelError(
    "internal",
    { reason: `the call could not be recorded (${cause.code ?? cause.message})` },
    { cause },
  );
}
