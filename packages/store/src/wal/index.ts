export { decodeRecord, type Decoded, encodeRecord, type RecordHead } from "./record.ts";
export { parseSegmentName, type Placed, readRecord, readSegment, segmentName } from "./segment.ts";
export { createWalWriter, type WalWriter, type WalWriterOptions } from "./writer.ts";
