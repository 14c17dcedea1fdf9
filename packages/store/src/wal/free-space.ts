import { statfs, statfsSync } from "node:fs";

const CHECK_MS = 1000;

/** Knows about how many bytes are free where `dir` is, asking the system at most once a second and only when asked. */
export interface FreeSpace {
  /** Bytes free to this user. */
  bytes(): number;
  /** Counts off what was just written, so that a burst is noticed before the next check. */
  used(bytes: number): void;
}

export function createFreeSpace(dir: string): FreeSpace {
  let known = bytesOf(statfsSync(dir));
  let checked = performance.now();
  let checking = false;

  function check(): void {
    checking = true;
    statfs(dir, (error, stats) => {
      checking = false;
      checked = performance.now();
      // Where the file system does not say, a failing write will.
      known = error ? Infinity : bytesOf(stats);
    });
  }

  return {
    bytes() {
      if (!checking && performance.now() - checked >= CHECK_MS) check();
      return known;
    },
    used(bytes) {
      known -= bytes;
    },
  };
}

function bytesOf(stats: { bavail: number; bsize: number }): number {
  return stats.bavail * stats.bsize;
}
