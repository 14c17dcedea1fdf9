import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BeginHead } from "@flywheel/protocol";
import { createWalWriter } from "@flywheel/store/wal";
import type { SampleRecord } from "./traffic.ts";

const FOLDER = "seed";

/**
 * Write records as a gateway would, into a folder beside the write-ahead log, and move them there once each writer is
 * complete: ingest takes every segment for a whole one. Where anything fails, what was not moved is removed.
 *
 * @param onWritten told how many records are written so far
 */
export async function writeThroughWal(
  dataDir: string,
  walDir: string,
  records: Iterable<SampleRecord>,
  signal: AbortSignal,
  onWritten: (count: number) => void,
): Promise<void> {
  const stage = join(dataDir, FOLDER);
  const run = Date.now().toString(36); // a name is never used twice: ingest remembers how far it read
  rmSync(stage, { recursive: true, force: true });
  try {
    let count = 0;
    for (const day of byDay(records)) {
      signal.throwIfAborted();
      await writeDay(stage, run, day);
      onWritten((count += day.length));
    }
    mkdirSync(walDir, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(stage).toSorted()) renameSync(join(stage, name), join(walDir, name));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** A day is a partition of the log store: batches that stay within one are what it likes. */
function* byDay(records: Iterable<SampleRecord>): Generator<SampleRecord[]> {
  let day: SampleRecord[] = [];
  for (const record of records) {
    if (day.length > 0 && dayOf(day[0]!.begin) !== dayOf(record.begin)) {
      yield day;
      day = [];
    }
    day.push(record);
  }
  if (day.length > 0) yield day;
}

const dayOf = ({ time }: BeginHead) => new Date(time).toISOString().slice(0, 10);

async function writeDay(dir: string, run: string, records: readonly SampleRecord[]): Promise<void> {
  const writer = createWalWriter({
    dir,
    writer: `seed-${run}-${dayOf(records[0]!.begin)}`,
    durability: () => "buffered",
    segmentBytes: Number.MAX_SAFE_INTEGER, // begin and end must not be parted: nobody waits for a second segment
    segmentMs: 2 ** 31 - 1,
  });
  const close = () => new Promise<void>((resolve) => writer.close(resolve));
  try {
    for (let at = 0; at < records.length; at += AT_ONCE)
      await Promise.all(records.slice(at, at + AT_ONCE).map((record) => writeOne(writer, record)));
  } finally {
    await close();
  }
}

const AT_ONCE = 200;

function writeOne(writer: ReturnType<typeof createWalWriter>, { begin, request, end, response }: SampleRecord) {
  return new Promise<void>((resolve, reject) => {
    writer.begin(begin, request, (error) => error && reject(error));
    writer.end(end, response, (error) => (error ? reject(error) : resolve()));
  });
}
