import { close, closeSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync, writevSync } from "node:fs";
import { join } from "node:path";
import { type Durability, FlywheelError, type GenerationRecorder, type RecordDone } from "@flywheel/protocol";
import { encodeRecord, type RecordHead, SEGMENT_HEADER } from "./record.ts";
import { segmentName } from "./segment.ts";

export interface WalWriterOptions {
  dir: string;
  /** A name no other process, and no earlier life of this one, has used. */
  writer: string;
  /** Asked at each flush, so that an edit of the configuration counts at once. */
  durability(): Durability;
  /** A new segment is begun beyond this size, */
  segmentBytes?: number;
  /** or where the open one has held records for this long. */
  segmentMs?: number;
  /** With less free space, no new generation is begun; the end of a begun one still goes in. */
  minFreeBytes?: number;
}

export interface WalWriter extends GenerationRecorder {
  /** Write and sync what is queued, and close the segment. */
  close(done: () => void): void;
}

interface Queued {
  buffers: Uint8Array[];
  done: RecordDone;
}

const SYNC_MS = 5;
const FREE_SPACE_MS = 1000;

/**
 * Append records to segments. All records queued in one tick of the event loop leave in one synchronous `writev`: into
 * the page cache that takes microseconds, less than the round trip through the thread pool, and nothing can be half
 * acknowledged in between. Only syncing is asynchronous.
 *
 * Where a write fails, the segment is cut back to its last whole record, the queued records fail with `storage_full`
 * (or `internal`), and the next flush tries again.
 */
export function createWalWriter({ dir, writer, durability, segmentBytes = 8 << 20, segmentMs = 60_000, minFreeBytes = 64 << 20 }: WalWriterOptions): WalWriter {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  let queue: Queued[] = [];
  let flushScheduled = false;
  let segment: Segment | undefined;
  let sequence = 0;
  let checkedSpace = -Infinity;
  let full = false;

  function append(record: RecordHead, body: readonly Uint8Array[], done: RecordDone): void {
    queue.push({ buffers: encodeRecord(record, body), done });
    if (flushScheduled) return;
    flushScheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    flushScheduled = false;
    if (queue.length === 0) return;
    const batch = queue;
    queue = [];
    try {
      segment = segmentToWrite();
      segment.write(batch.flatMap(({ buffers }) => buffers));
    } catch (error) {
      const failure = asStorageError(error);
      if (failure.code === "storage_full") full = true;
      checkedSpace = performance.now();
      for (const { done } of batch) done(failure);
      return;
    }
    settle(batch, segment);
  }

  function settle(batch: Queued[], written: Segment): void {
    const wanted = durability();
    if (wanted === "strict") return written.sync((error) => batch.forEach(({ done }) => done(error && asStorageError(error))));
    if (wanted === "fsync") written.syncSoon();
    for (const { done } of batch) done();
  }

  function segmentToWrite(): Segment {
    if (segment && !segment.isOld(segmentBytes, segmentMs)) return segment;
    // A name is never tried twice: a failed attempt may have left its file behind.
    const next = openSegment(dir, segmentName(writer, ++sequence));
    segment?.retire();
    return next;
  }

  function isFull(): boolean {
    const now = performance.now();
    if (now - checkedSpace < FREE_SPACE_MS) return full;
    checkedSpace = now;
    const { bavail, bsize } = statfsSync(dir);
    full = bavail * bsize < minFreeBytes;
    return full;
  }

  // Without traffic, too, what was written must at some time be sealed, or it could never be deleted.
  const sealing = setInterval(() => {
    if (!segment?.isOld(segmentBytes, segmentMs)) return;
    try {
      segment = segmentToWrite();
    } catch {
      // The next flush finds out and says so.
    }
  }, segmentMs);
  sealing.unref();

  return {
    begin(head, rawRequest, done) {
      if (isFull()) setImmediate(done, new FlywheelError("storage_full"));
      else append({ kind: "begin", head }, [rawRequest], done);
    },
    end(head, rawResponse, done) {
      append({ kind: "end", head }, rawResponse, done);
    },
    close(done) {
      clearInterval(sealing);
      flush();
      if (!segment) return done();
      segment.retire(done);
      segment = undefined;
    },
  };
}

interface Segment {
  write(buffers: Uint8Array[]): void;
  /** Calls back once everything written so far is on disk; calls share syncs. */
  sync(done: (error?: Error) => void): void;
  /** Sync within a few milliseconds, without anybody waiting for it. */
  syncSoon(): void;
  isOld(bytes: number, ms: number): boolean;
  /** Sync, then close; nothing is written any more. */
  retire(done?: () => void): void;
}

/** A new file; it and its name are on disk before the first record is. */
function openSegment(dir: string, name: string): Segment {
  const fd = openSync(join(dir, name), "wx", 0o600);
  let size = 0;
  const born = performance.now();
  let waiting: ((error?: Error) => void)[] = [];
  let syncing = false;
  let soon: NodeJS.Timeout | undefined;

  function write(buffers: Uint8Array[]): void {
    let total = 0;
    for (const buffer of buffers) total += buffer.length;
    try {
      for (let rest = buffers, written = 0; written < total;) {
        const got = writevSync(fd, rest, size + written);
        written += got;
        if (written < total) rest = skipBytes(rest, got);
      }
      size += total;
    } catch (error) {
      ftruncateSync(fd, size);
      throw error;
    }
  }

  function startSync(): void {
    if (syncing || waiting.length === 0) return;
    const served = waiting;
    waiting = [];
    syncing = true;
    fdatasync(fd, (error) => {
      syncing = false;
      for (const done of served) done(error ?? undefined);
      startSync();
    });
  }

  function sync(done: (error?: Error) => void): void {
    clearTimeout(soon);
    soon = undefined;
    waiting.push(done);
    startSync();
  }

  try {
    write([SEGMENT_HEADER]);
    syncFolder(dir);
  } catch (error) {
    closeSync(fd);
    rmSync(join(dir, name), { force: true });
    throw error;
  }
  return {
    write,
    sync,
    syncSoon() {
      soon ??= setTimeout(() => sync(() => {}), SYNC_MS - 1);
    },
    isOld: (bytes, ms) => size >= bytes || (size > SEGMENT_HEADER.length && performance.now() - born > ms),
    retire: (done = () => {}) => sync(() => close(fd, done)),
  };
}

function skipBytes(buffers: Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  for (const buffer of buffers) {
    if (count < buffer.length) rest.push(count > 0 ? buffer.subarray(count) : buffer);
    count = Math.max(0, count - buffer.length);
  }
  return rest;
}

/** A file whose name is not on disk is lost with the power, however well its content was synced. */
function syncFolder(dir: string): void {
  const fd = openSync(dir, "r");
  fsyncSync(fd);
  closeSync(fd);
}

function asStorageError(error: unknown): FlywheelError {
  if (error instanceof FlywheelError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") return new FlywheelError("storage_full", {}, { cause: error });
  return new FlywheelError("internal", { reason: `the write-ahead log cannot be written: ${message}` }, { cause: error });
}
