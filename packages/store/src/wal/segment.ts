import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { decodePrefix, HEADER_BYTES, isIntact, isSegmentHeader, PREFIX_BYTES, type RecordKind } from "./record.ts";

const WINDOW_BYTES = 1 << 20;
const FILE_NAME = /^((.+)-(\d{6,}))\.wal$/;

/** A file of records, `<writer>-<sequence>.wal`. Only the newest of a living writer can still grow. */
export interface Segment {
  /** The file name without `.wal`. */
  name: string;
  path: string;
  writer: string;
  sequence: number;
}

export interface WalRecord {
  type: "record";
  kind: RecordKind;
  /** Where it starts and where the next one does, in bytes from the start of the file. */
  offset: number;
  end: number;
  /** JSON. Kept as bytes, since who looks for one record need not parse the others. */
  head: Buffer;
  body: Buffer;
}

/** Bytes that are no record: `corrupt` ones were changed or never ours, a `tail` was never written to its end. */
export type Damage = Stretch<"corrupt"> | Stretch<"tail">;

interface Stretch<Type> {
  type: Type;
  offset: number;
  end: number;
}

export function segmentPath(dir: string, writer: string, sequence: number): string {
  return join(dir, `${writer}-${String(sequence).padStart(6, "0")}.wal`);
}

/** All segments of a folder, each writer's oldest first. A folder that is not there has none. */
export function listSegments(dir: string): Segment[] {
  const segments: Segment[] = [];
  for (const file of namesIn(dir)) {
    const match = FILE_NAME.exec(file);
    if (match) segments.push({ name: match[1]!, path: join(dir, file), writer: match[2]!, sequence: Number(match[3]) });
  }
  return segments.toSorted((a, b) => compare(a.writer, b.writer) || a.sequence - b.sequence);
}

/**
 * Every whole record of a segment from `from` on, in order, and what damage lies between. Never throws on its content.
 *
 * A record with a damaged payload is skipped by its length. Where the prefix itself is damaged the rest of the file is
 * one `corrupt` stretch. In a file that may still grow (`growing`), damage that reaches the end of what is there may be
 * a write under way, and is called a `tail` until it is known better.
 */
export function* readSegment(path: string, from = 0, growing = false): Generator<WalRecord | Damage, void, void> {
  const fd = openSync(path, "r");
  try {
    yield* readRecords(createWindow(fd), Math.max(from, 0), growing);
  } finally {
    closeSync(fd);
  }
}

/** The record that starts at `offset`; `undefined` where no whole one does. */
export function readRecordAt(fd: number, offset: number): WalRecord | undefined {
  const { value } = readRecords(createWindow(fd, PREFIX_BYTES), offset, false).next();
  return value?.type === "record" ? value : undefined;
}

/** The bytes of a stretch, whatever they are. */
export function readBytes(path: string, offset: number, end: number): Buffer {
  const fd = openSync(path, "r");
  try {
    return readFully(fd, offset, end - offset);
  } finally {
    closeSync(fd);
  }
}

type Window = ReturnType<typeof createWindow>;

function* readRecords(file: Window, from: number, growing: boolean): Generator<WalRecord | Damage, void, void> {
  const { size } = file;
  if (from < HEADER_BYTES && size >= HEADER_BYTES && !isSegmentHeader(file.read(0, HEADER_BYTES))) {
    yield { type: "corrupt", offset: 0, end: size };
    return;
  }
  let offset = Math.max(from, HEADER_BYTES);
  while (offset < size) {
    const item = readOne(file, offset);
    const { end } = item;
    yield growing && item.type === "corrupt" && end === size ? { type: "tail", offset, end } : item;
    offset = end;
  }
}

function readOne(file: Window, offset: number): WalRecord | Damage {
  const { size } = file;
  const tail = { type: "tail", offset, end: size } as const;
  const bytes = file.read(offset, Math.min(PREFIX_BYTES, size - offset));
  if (bytes.length < PREFIX_BYTES) return tail;
  const prefix = decodePrefix(bytes);
  // After a loss of power, what was never synced can read as zeros.
  if (!prefix) return bytes.every((byte) => byte === 0) ? tail : { type: "corrupt", offset, end: size };
  const start = offset + PREFIX_BYTES;
  const end = start + prefix.length;
  if (end > size) return tail;
  const payload = file.read(start, prefix.length);
  if (payload.length < prefix.length) return tail; // cut back by the writer this very moment
  if (!isIntact(prefix, payload)) return { type: "corrupt", offset, end };
  const head = payload.subarray(0, prefix.headLength);
  return { type: "record", kind: prefix.kind, offset, end, head, body: payload.subarray(prefix.headLength) };
}

/** Reads pieces of a file through a window that moves forward. What it returned before stays valid. */
function createWindow(fd: number, least = WINDOW_BYTES) {
  let bytes: Buffer = Buffer.alloc(0);
  let start = 0;
  return {
    /** At the time of opening: what is written meanwhile is for the next reading. */
    size: fstatSync(fd).size,
    read(offset: number, length: number): Buffer {
      if (offset < start || offset + length > start + bytes.length) {
        start = offset;
        bytes = readFully(fd, offset, Math.min(Math.max(length, least), Math.max(this.size - offset, 0)));
      }
      return bytes.subarray(offset - start, offset - start + length);
    },
  };
}

function readFully(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
