import { closeSync, openSync } from "node:fs";
import type { BeginHead, EndHead, Generation } from "@flywheel/protocol";
import { readRecordAt, readSegment, RECORD_KIND, type WalRecord } from "../wal/index.ts";
import type { Backlog } from "./backlog.ts";
import type { Begin } from "./open-begins.ts";
import type { Plan } from "./plan.ts";

/** Decodes, redacts, prices: the same records always give the same row. `end` is `null` where it never came. */
export type ToRow = (
  begin: BeginHead,
  rawRequest: Uint8Array,
  end: EndHead | null,
  rawResponse: Uint8Array,
) => Generation;

/** A generation of a plan. */
export interface PlannedRow {
  /** Of the record that the plan counts by: the `end`, or the `begin` where there is none. */
  offset: number;
  begin: Begin;
  row: Generation;
}

/** A generation whose records do not become a row, with what was there of them. */
export interface FailedRow {
  offset: number;
  begin: Begin;
  error: Error;
  beginRecord: WalRecord | undefined;
  endRecord: WalRecord | undefined;
}

const NOTHING = new Uint8Array(0);

/** Reads the records that a plan stands for and makes its rows, in order. */
export function makeRows(plan: Plan, backlog: Backlog, toRow: ToRow): { rows: PlannedRow[]; failed: FailedRow[] } {
  const rows: PlannedRow[] = [];
  const failed: FailedRow[] = [];
  const files = new Map<string, number>();

  function beginRecordOf({ segment, offset }: Begin): WalRecord | undefined {
    const path = backlog.segment(segment)?.path;
    if (path === undefined) return undefined;
    if (!files.has(path)) files.set(path, openSync(path, "r"));
    return readRecordAt(files.get(path)!, offset);
  }

  try {
    for (const { begin, offset, endRecord } of generationsOf(plan, backlog)) {
      const beginRecord = beginRecordOf(begin);
      try {
        if (!beginRecord) throw new Error("the record of its beginning cannot be read any more");
        const end = endRecord ? endHeadOf(endRecord) : null;
        const row = toRow(beginHeadOf(beginRecord), beginRecord.body, end, endRecord?.body ?? NOTHING);
        rows.push({ offset, begin, row });
      } catch (error) {
        failed.push({ offset, begin, error: error as Error, beginRecord, endRecord });
      }
    }
  } finally {
    for (const fd of files.values()) closeSync(fd);
  }
  return { rows, failed };
}

interface JoinedRecords {
  offset: number;
  begin: Begin;
  endRecord?: WalRecord;
}

function* generationsOf(plan: Plan, backlog: Backlog): Generator<JoinedRecords> {
  const { begins } = backlog;
  if (plan.kind === "interrupted") {
    for (const begin of begins.in(plan.segment))
      if (!begin.end && plan.first <= begin.offset && begin.offset <= plan.last) yield { offset: begin.offset, begin };
    return;
  }
  const path = backlog.segment(plan.segment)?.path;
  if (path === undefined) return;
  for (const item of readSegment(path, plan.first)) {
    if (item.offset > plan.last) return;
    if (item.type !== "record" || item.kind !== RECORD_KIND.end) continue;
    const begin = begins.get(endHeadOf(item).id);
    const isJoined = begin?.end?.segment === plan.segment && begin.end.offset === item.offset;
    if (isJoined) yield { offset: item.offset, begin, endRecord: item };
  }
}

function beginHeadOf(record: WalRecord): BeginHead {
  return JSON.parse(record.head.toString()) as BeginHead;
}

function endHeadOf(record: WalRecord): EndHead {
  return JSON.parse(record.head.toString()) as EndHead;
}
