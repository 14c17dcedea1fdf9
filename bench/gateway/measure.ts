import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cpuNs, residentBytes } from "./counters.ts";
import type { Native } from "./native.ts";
import { MEASURING, type Target } from "./targets.ts";
import { EVENTS, requestFile, type Workload } from "./workloads.ts";

/** What one run of the load generator says. Latencies in microseconds. */
export interface Run {
  sent: number;
  requests: number;
  failed: number;
  miscounted: number;
  per_second: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  first_p50: number;
  first_p99: number;
  /** CPU of the worker for each request, microseconds. */
  cpu: number;
  /** The most that the worker had resident, bytes. */
  rss: number;
}

const run = promisify(execFile);

export async function measure(native: Native, target: Target, workload: Workload, seconds: number): Promise<Run> {
  const file = requestFile(native.folder, target, workload);
  const args = [file, workload.connections, seconds, workload.rate, workload.stream ? EVENTS : 0].map(String);
  if (workload.mixed) args.push(requestFile(native.folder, target, workload, false));
  let rss = 0;
  const sample = () => void (target.worker && (rss = Math.max(rss, residentBytes(target.worker))));
  const sampling = setInterval(sample, 200);
  const before = cpuNs([target.worker].filter(Boolean));
  try {
    const { stdout } = await run("taskset", ["-c", MEASURING, native.load, String(target.port), ...args]);
    const used = cpuNs([target.worker].filter(Boolean)) - before;
    sample();
    const said = JSON.parse(stdout) as Omit<Run, "cpu" | "rss">;
    return { ...said, cpu: used / 1000 / said.sent, rss };
  } finally {
    clearInterval(sampling);
  }
}
