import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type Decoded, decodeRecord, FIXED_BYTES, SEGMENT_HEADER } from "./record.ts";

/** `<writer>-<sequence>.wal`; a writer has one open segment, the one with the highest sequence. */
export function segmentName(writer: string, sequence: number): string {
  return `${writer}-${String(sequence).padStart(6, "0")}.wal`;
}

export function parseSegmentName(name: string): { writer: string; sequence: number } | undefined {
  const match = /^(.+)-(\d{6,})\.wal$/.exec(name);
  return match ? { writer: match[1]!, sequence: Number(match[2]) } : undefined;
}

/** A record and where it stands. */
export type Placed = { offset: number } & Extract<Decoded, { state: "record" | "corrupt" }>;

const READ_BYTES = 1 << 20;

/**
 * Read the records of a segment from `offset` (0 = the start) on, calling `each` in order; bodies are views that hold
 * only during the call. Returns where to read on later: before the first record that is not whole yet.
 * A segment whose header or framing is damaged ends there: `lost` says so. Never throws for what the bytes are.
 */
export function readSegment(path: string, offset: number, each: (record: Placed) => void): { next: number; lost: boolean } {
  const fd = openSync(path, "r");
  try {
    const size = fstatSync(fd).size;
    let next = offset;
    if (next === 0) {
      if (size < SEGMENT_HEADER.length) return { next: 0, lost: false };
      if (!readAt(fd, 0, SEGMENT_HEADER.length).equals(SEGMENT_HEADER)) return { next: size, lost: true };
      next = SEGMENT_HEADER.length;
    }
    let need = FIXED_BYTES;
    while (next + need <= size) {
      let buffer = readAt(fd, next, Math.min(size - next, Math.max(READ_BYTES, need)));
      for (;;) {
        const decoded = decodeRecord(buffer);
        if (decoded.state === "lost") return { next: size, lost: true };
        need = decoded.bytes;
        if (decoded.state === "incomplete") break;
        each({ offset: next, ...decoded });
        next += decoded.bytes;
        buffer = buffer.subarray(decoded.bytes);
        need = FIXED_BYTES;
      }
    }
    return { next, lost: false };
  } finally {
    closeSync(fd);
  }
}

/** One record by its place, for joining; its body is a copy of its own. */
export function readRecord(path: string, offset: number, bytes: number): Decoded {
  const fd = openSync(path, "r");
  try {
    return decodeRecord(readAt(fd, offset, bytes));
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, position: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let filled = 0;
  while (filled < bytes) {
    const got = readSync(fd, buffer, filled, bytes - filled, position + filled);
    if (got === 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}
