import type { Alarms } from "./alarms.ts";
import type { Rejects } from "./rejects.ts";
import { deleteSegments, type RetiredSegments } from "./retirement.ts";

const EVERY_MS = 5000;
const DAY_MS = 86_400_000;

/** Deletes what was kept for long enough, and says what could not become a row. */
export interface Housekeeping {
  /** Does it where it is due. */
  keep(): Promise<void>;
  reportRejects(): void;
}

export interface HousekeepingOptions {
  dir: string;
  rejectsDir: string;
  keepSegmentSeconds: () => number;
  rejectDays: () => number;
  /** What becomes rows here: `generation`. */
  noun: string;
}

export function createHousekeeping(
  { dir, rejectsDir, keepSegmentSeconds, rejectDays, noun }: HousekeepingOptions,
  journal: RetiredSegments,
  rejects: Rejects,
  alarms: Alarms,
): Housekeeping {
  let last = -Infinity;

  function reportRejects(): void {
    const count = rejects.count();
    if (count === 0) alarms.clear("rejected_rows");
    else
      alarms.raise("rejected_rows", `${count} ${noun}${count === 1 ? "" : "s"} could not be stored; see ${rejectsDir}`);
  }

  return {
    async keep() {
      if (performance.now() - last <= EVERY_MS) return;
      await deleteSegments(dir, journal, Date.now() - keepSegmentSeconds() * 1000);
      rejects.deleteOlderThan(Date.now() - rejectDays() * DAY_MS);
      reportRejects();
      last = performance.now();
    },
    reportRejects,
  };
}
