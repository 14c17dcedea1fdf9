import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds that all threads of some processes have run so far, by the scheduler's own count. */
export function cpuNs(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids)
    for (const thread of threads(pid)) {
      try {
        sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
      } catch {
        // It ended in between.
      }
    }
  return sum;
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process and all that descend from it. */
export function tree(pid: number): number[] {
  const children = threads(pid).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
  return [pid, ...children.flatMap(tree)];
}

/** Resident bytes now. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return match ? Number(match[1]) * 1024 : 0;
}
