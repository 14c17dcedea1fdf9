import type { BeginHead, EndHead } from "@flywheel/protocol";
import { crc32c } from "./crc32c.ts";

/**
 * A segment is a header and then records, little-endian throughout.
 *
 * ```
 * segment   "FWWAL" 00 00 01                      8 bytes: magic and version
 * record    length u32 | crc u32                  frame: bytes after these eight, and their CRC-32C
 *           kind u8 | 00 00 00 | head length u32
 *           head …                                small JSON: BeginHead or EndHead
 *           body …                                raw request or response bytes, the rest of the record
 * ```
 */
export const SEGMENT_HEADER = Buffer.from("FWWAL\0\0\x01", "latin1");
export const FRAME_BYTES = 8;
export const FIXED_BYTES = 16;
/** Above every body the gateway lets through; a longer length is damage, not data. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

const KIND = { begin: 1, end: 2 } as const;

export type RecordHead = { kind: "begin"; head: BeginHead } | { kind: "end"; head: EndHead };

/** The record as buffers ready for `writev`; body buffers are not copied. */
export function encodeRecord(record: RecordHead, body: readonly Uint8Array[]): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(record.head));
  const start = Buffer.allocUnsafe(FIXED_BYTES + json.length);
  let bodyBytes = 0;
  for (const part of body) bodyBytes += part.length;
  start.writeUInt32LE(start.length - FRAME_BYTES + bodyBytes, 0);
  start.writeUInt32LE(KIND[record.kind], 8);
  start.writeUInt32LE(json.length, 12);
  json.copy(start, FIXED_BYTES);
  let crc = crc32c(start.subarray(FRAME_BYTES));
  for (const part of body) crc = crc32c(part, crc);
  start.writeUInt32LE(crc, 4);
  return [start, ...body];
}

/** What stands at one place of a segment. */
export type Decoded =
  /** `bytes` in all; `body` is a view, valid as long as the buffer it was decoded from. */
  | ({ state: "record"; bytes: number; body: Uint8Array } & RecordHead)
  /** More bytes are needed: `bytes` in all, as far as is known. At the end of a dead writer's segment: a torn tail. */
  | { state: "incomplete"; bytes: number }
  /** A record of `bytes` that fails its checksum or does not decode; the next one may be whole again. */
  | { state: "corrupt"; bytes: number }
  /** No record can be made out from here on. */
  | { state: "lost" };

/** Decode the record at the start of `buffer`. Never throws, whatever the bytes. */
export function decodeRecord(buffer: Buffer): Decoded {
  if (buffer.length < FIXED_BYTES) return { state: "incomplete", bytes: FIXED_BYTES };
  const length = buffer.readUInt32LE(0);
  const bytes = FRAME_BYTES + length;
  if (bytes < FIXED_BYTES || bytes > MAX_RECORD_BYTES) return { state: "lost" };
  if (buffer.length < bytes) return { state: "incomplete", bytes };
  const headEnd = FIXED_BYTES + buffer.readUInt32LE(12);
  if (headEnd > bytes || crc32c(buffer.subarray(FRAME_BYTES, bytes)) !== buffer.readUInt32LE(4)) return { state: "corrupt", bytes };
  const body = buffer.subarray(headEnd, bytes);
  try {
    const head = JSON.parse(buffer.toString("utf8", FIXED_BYTES, headEnd)) as BeginHead & EndHead;
    const kind = buffer.readUInt32LE(8);
    if (kind === KIND.begin) return { state: "record", kind: "begin", head, body, bytes };
    if (kind === KIND.end) return { state: "record", kind: "end", head, body, bytes };
  } catch {
    // A head that passed its checksum and is no JSON was written so; it is damage all the same.
  }
  return { state: "corrupt", bytes };
}
