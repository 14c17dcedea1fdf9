export { createWalWriter, type WalWriter, type WalWriterOptions } from "./writer.ts";
export {
  type Damage,
  listSegments,
  readBytes,
  readRecordAt,
  readSegment,
  type Segment,
  type WalRecord,
} from "./segment.ts";
export { RECORD_KIND, type RecordKind } from "./record.ts";
