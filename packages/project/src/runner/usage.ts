import { readFileSync } from "node:fs";

/** What a process takes of the machine. */
export interface Usage {
  residentBytes: number;
  /** Since it began. */
  cpuMs: number;
}

const PAGE_BYTES = 4096;
/** Of the clock in `/proc`, whatever the kernel's own is. */
const TICK_MS = 10;

/** Whether memory and processor time of another process can be seen here: only Linux has `/proc`. */
export const canSeeUsage = (): boolean => process.platform === "linux" && usageOf(process.pid) !== undefined;

/** `undefined` where the process is gone or the platform does not tell. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    // The name in brackets may hold spaces. After it: state is field 3, user and system time are 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return { residentBytes: pages * PAGE_BYTES, cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return undefined;
  }
}
