import { statfs } from "node:fs/promises";
import type { Alarm } from "@flywheel/protocol";

/** Below this much free space no generation may begin; those that have begun can still be recorded. */
export const MIN_FREE_BYTES = 64 << 20;

const EVERY_MS = 1000;

/** Looks after the disk of `dir`; tells the alarm when it fills up, and `undefined` when there is room again. */
export function watchDisk(dir: string, tell: (alarm: Alarm | undefined) => void): void {
  let full = false;
  setInterval(async () => {
    const stats = await statfs(dir).catch(() => undefined);
    if (!stats || stats.bavail * stats.bsize < MIN_FREE_BYTES === full) return;
    full = !full;
    const message = `Less than ${MIN_FREE_BYTES >> 20} MB are free where ${dir} is: new calls are refused with storage_full.`;
    tell(full ? { code: "disk_full", message, since: Date.now() } : undefined);
  }, EVERY_MS).unref();
}
