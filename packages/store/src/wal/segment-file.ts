import { close, closeSync, fdatasync, fsync, ftruncateSync, open, openSync, writevSync } from "node:fs";
import { dirname } from "node:path";
import { HEADER_BYTES, segmentHeader } from "./record.ts";

/** A segment open for writing. */
export interface SegmentFile {
  size(): number;
  /** Appends records, each given as its buffers; says how many went in whole, and why not all. None is left in part. */
  append(records: readonly Buffer[][]): { count: number; error?: NodeJS.ErrnoException };
  /** Calls back once all that was appended before is on the disk. Calls made while one is under way share the next. */
  sync(done: (error?: Error) => void): void;
  /** Nothing will be appended any more. What `sync` was asked for still happens. */
  close(): void;
}

/** Creates a segment; throws where the file exists or cannot be made. */
export function createSegmentFile(path: string): SegmentFile {
  const fd = openSync(path, "wx", 0o600);
  const header = writeFully(fd, [segmentHeader()], 0);
  if (header.error) {
    closeSync(fd);
    throw header.error;
  }
  let size = HEADER_BYTES;
  let closed = false;
  let listed = false;
  let syncing = false;
  let waiting: ((error?: Error) => void)[] = [];

  function runSync(): void {
    const served = waiting;
    waiting = [];
    syncing = true;
    const finish = (error: Error | null) => {
      syncing = false;
      for (const done of served) done(error ?? undefined);
      if (syncing) return;
      if (waiting.length > 0) runSync();
      else if (closed) close(fd, () => {});
    };
    if (listed) return fdatasync(fd, finish);
    // After a loss of power a new file is only there if its folder was synced too.
    syncFolder(dirname(path), (error) => {
      listed = !error;
      if (error) finish(error);
      else fdatasync(fd, finish);
    });
  }

  return {
    size: () => size,
    append(records) {
      const { written, error } = writeFully(fd, records.flat(), size);
      if (!error) {
        size += written;
        return { count: records.length };
      }
      const { count, bytes } = wholeWithin(records, written);
      size += bytes;
      cutBack(fd, size);
      return { count, error };
    },
    sync(done) {
      waiting.push(done);
      if (!syncing) runSync();
    },
    close() {
      closed = true;
      if (!syncing) close(fd, () => {});
    },
  };
}

/** A write can stop anywhere. `writev` also takes only so many buffers at a time; Node sees to that. */
function writeFully(
  fd: number,
  buffers: Buffer[],
  position: number,
): { written: number; error?: NodeJS.ErrnoException } {
  let total = 0;
  for (const buffer of buffers) total += buffer.length;
  let written = 0;
  try {
    while (written < total) {
      const count = writevSync(fd, written === 0 ? buffers : after(buffers, written), position + written);
      if (count === 0) throw Object.assign(new Error("the disk took no bytes"), { code: "EIO" });
      written += count;
    }
    return { written };
  } catch (error) {
    return { written, error: error as NodeJS.ErrnoException };
  }
}

/** What is left of `buffers` without their first `skip` bytes. */
function after(buffers: Buffer[], skip: number): Buffer[] {
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(buffer.subarray(skip));
    skip = Math.max(skip - buffer.length, 0);
  }
  return rest;
}

function wholeWithin(records: readonly Buffer[][], written: number): { count: number; bytes: number } {
  let count = 0;
  let bytes = 0;
  for (const record of records) {
    let length = 0;
    for (const buffer of record) length += buffer.length;
    if (bytes + length > written) break;
    bytes += length;
    count++;
  }
  return { count, bytes };
}

function cutBack(fd: number, size: number): void {
  try {
    ftruncateSync(fd, size);
  } catch {
    // What stays is read as a record cut off in the middle, and the next one is written over it.
  }
}

function syncFolder(path: string, done: (error: Error | null) => void): void {
  open(path, "r", (error, fd) => {
    if (error) return done(error);
    fsync(fd, (failure) => close(fd, () => done(failure)));
  });
}
