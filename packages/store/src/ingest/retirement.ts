import { rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { listSegments } from "../wal/index.ts";
import type { Backlog } from "./backlog.ts";
import type { Journal } from "./journal.ts";

/** Marks the segments that have nothing left to give: read to the end, and no begin in them waits for its row. */
export function finishSegments(backlog: Backlog, journal: Journal, now: number): void {
  for (const segment of backlog.segments()) {
    if (!segment.complete || backlog.begins.anyIn(segment.name)) continue;
    journal.finish(segment.name, now);
    backlog.untrack(segment);
  }
}

/** What is known of segments that gave all they had. */
export type RetiredSegments = Pick<Journal, "finished" | "forget">;

/** Deletes the segments that were finished at `time` or before. */
export async function deleteSegments(dir: string, journal: RetiredSegments, time: number): Promise<void> {
  const due = [...journal.finished()].filter(([, since]) => since <= time).map(([name]) => name);
  if (due.length === 0) return;
  for (const name of due) rmSync(join(dir, `${name}.wal`), { force: true });
  // A file that a loss of power brings back must still be known, or its rows would be inserted again.
  const folder = await open(dir);
  await folder.sync().finally(() => folder.close());
  for (const name of due) journal.forget(name);
}

/** Forgets what the journal knows of segments that somebody else deleted. */
export function forgetMissing(dir: string, journal: Journal): void {
  const present = new Set(listSegments(dir).map(({ name }) => name));
  for (const name of journal.segmentNames()) if (!present.has(name)) journal.forget(name);
}
