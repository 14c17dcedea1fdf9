import { crc32 } from "node:zlib";

/*
 * A segment is a header and records, end to end. Numbers are little-endian, checksums zlib's CRC-32.
 *
 *   header   0        4         8
 *            ├ "FWAL" ┼ version ┤
 *
 *   record   0        4             8      9                 13               17         17+head length    17+length
 *            ├ length ┼ head length ┼ kind ┼ CRC of payload  ┼ CRC of 0 … 13  ┼ head JSON ┼ raw body ┤
 *                                                                             └── payload, `length` bytes ──┘
 *
 * The prefix has a checksum of its own. So the length of a record whose payload is damaged can still be trusted, and
 * the ones after it are found; and a record cut off by a crash is told from one that was damaged later.
 */
const MAGIC = 0x4c415746; // "FWAL"
const VERSION = 2;
export const HEADER_BYTES = 8;
export const PREFIX_BYTES = 17;

/** Above this a body of one piece is not copied beside its head but written from where it is. */
const COPY_BELOW = 16_384;

export const RECORD_KIND = { begin: 1, end: 2, event: 3 } as const;
export type RecordKind = (typeof RECORD_KIND)[keyof typeof RECORD_KIND];

export interface Prefix {
  /** Bytes of head and body together. */
  length: number;
  headLength: number;
  kind: RecordKind;
  payloadCrc: number;
}

export function segmentHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(VERSION, 4);
  return header;
}

export function isSegmentHeader(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.readUInt32LE(0) === MAGIC && bytes.readUInt32LE(4) === VERSION;
}

/** The bytes of one record, as one or two buffers to write in order. @param allocate gives memory of a size, of any content */
export function encodeRecord(
  kind: RecordKind,
  head: object,
  body: readonly Uint8Array[],
  allocate: (size: number) => Buffer = Buffer.allocUnsafe,
): Buffer[] {
  const json = JSON.stringify(head);
  const headLength = Buffer.byteLength(json);
  let bodyLength = 0;
  for (const piece of body) bodyLength += piece.length;

  const apart = body.length === 1 && bodyLength > COPY_BELOW;
  const record = allocate(PREFIX_BYTES + headLength + (apart ? 0 : bodyLength));
  let at = PREFIX_BYTES + record.write(json, PREFIX_BYTES);
  if (!apart)
    for (const piece of body) {
      record.set(piece, at);
      at += piece.length;
    }
  let crc = crc32(record.subarray(PREFIX_BYTES));
  if (apart) crc = crc32(body[0]!, crc);

  record.writeUInt32LE(headLength + bodyLength, 0);
  record.writeUInt32LE(headLength, 4);
  record[8] = kind;
  record.writeUInt32LE(crc, 9);
  record.writeUInt32LE(crc32(record.subarray(0, 13)), 13);
  return apart ? [record, asBuffer(body[0]!)] : [record];
}

/** The prefix at the start of `bytes` (at least {@link PREFIX_BYTES}); `undefined` where there is none. */
export function decodePrefix(bytes: Buffer): Prefix | undefined {
  if (bytes.readUInt32LE(13) !== crc32(bytes.subarray(0, 13))) return undefined;
  const length = bytes.readUInt32LE(0);
  const headLength = bytes.readUInt32LE(4);
  const kind = bytes[8];
  if (!isKind(kind) || headLength > length) return undefined;
  return { length, headLength, kind, payloadCrc: bytes.readUInt32LE(9) };
}

const KINDS = new Set<number | undefined>(Object.values(RECORD_KIND));
const isKind = (byte: number | undefined): byte is RecordKind => KINDS.has(byte);

export function isIntact(prefix: Prefix, payload: Uint8Array): boolean {
  return payload.length === prefix.length && crc32(payload) === prefix.payloadCrc;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
