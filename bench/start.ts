// How fast a start is ready and answers, and what each process takes at rest: npm run bench -- start [--runs 10] [--rest 20]
import { readFileSync } from "node:fs";
import { Console } from "node:console";
import { availableParallelism, cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../tests/system/flywheel.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "10" }, rest: { type: "string", default: "20" } },
});
const RUNS = Number(values.runs);
const REST_SECONDS = Number(values.rest);
const TICKS_PER_SECOND = 100;

/** Milliseconds since the command was started. */
interface Start {
  ready: number;
  first_token: number;
}

/** One start of a new data folder; `cache` is where compiled code is kept. */
async function measureStart(cache: string): Promise<Start> {
  const began = performance.now();
  const server = await startFlywheel({ env: { NODE_COMPILE_CACHE: cache } });
  const ready = performance.now() - began;
  await firstToken(server);
  const first_token = performance.now() - began;
  await server.stop();
  removeFolder(server.dataDir);
  return { ready: Math.round(ready), first_token: Math.round(first_token) };
}

async function firstToken({ baseUrl, key }: Flywheel): Promise<void> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "local/spark",
      stream: true,
      messages: [{ role: "user", content: "I lost my card" }],
    }),
  });
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (/"content":"[^"]/.test(text)) return;
  }
  throw new Error(`no token came: ${text}`);
}

interface AtRest {
  process: string;
  /** Resident, and the share of it where pages shared between processes count once. */
  rss_mb: number;
  pss_mb: number | null;
  /** Of one core. */
  cpu_percent: number | null;
}

/** Without the local process, then with it. */
async function measureRest(cache: string): Promise<{ before_first_call: AtRest[]; after_first_call: AtRest[] }> {
  const server = await startFlywheel({ env: { NODE_COMPILE_CACHE: cache } });
  const before_first_call = await atRest(server);
  await firstToken(server);
  await server.rows(1);
  const after_first_call = await atRest(server);
  await server.stop();
  removeFolder(server.dataDir);
  return { before_first_call, after_first_call };
}

async function atRest(server: Flywheel): Promise<AtRest[]> {
  await sleep(5000);
  const { processes } = await eventually(async () => {
    const status = await server.status();
    return status.processes.length >= 4 ? status : undefined;
  }, "the roll call");
  const before = processes.map(({ pid }) => cpuTicks(pid));
  await sleep(REST_SECONDS * 1000);
  return processes.map(({ name, pid, rss_bytes }, index) => {
    const ticks = cpuTicks(pid);
    const used = ticks === null || before[index] === null ? null : ticks - before[index]!;
    return {
      process: name,
      rss_mb: Math.round(rss_bytes / 1e6),
      pss_mb: shareOfMemory(pid),
      cpu_percent: used === null ? null : Number(((100 * used) / TICKS_PER_SECOND / REST_SECONDS).toFixed(2)),
    };
  });
}

/** User and system time; only Linux tells. */
function cpuTicks(pid: number): number | null {
  const fields = readProc(pid, "stat")
    ?.replace(/^.*\) /s, "")
    .split(" ");
  return fields ? Number(fields[11]) + Number(fields[12]) : null;
}

function shareOfMemory(pid: number): number | null {
  const kilobytes = /^Pss:\s+(\d+)/m.exec(readProc(pid, "smaps_rollup") ?? "")?.[1];
  return kilobytes === undefined ? null : Math.round((Number(kilobytes) * 1024) / 1e6);
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function spread(numbers: number[]): { median: number; p95: number } {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (quantile: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * quantile) - 1)]!;
  return { median: at(0.5), p95: at(0.95) };
}

const summarize = (starts: Start[]) => ({
  ready_ms: spread(starts.map(({ ready }) => ready)),
  first_token_ms: spread(starts.map(({ first_token }) => first_token)),
});

const first: Start[] = [];
const later: Start[] = [];
for (let run = 0; run < RUNS; run++) {
  const cache = temporaryFolder("code");
  first.push(await measureStart(cache));
  later.push(await measureStart(cache));
  removeFolder(cache);
  console.error(
    `run ${run + 1}/${RUNS}: ready after ${first.at(-1)!.ready} ms, with kept code ${later.at(-1)!.ready} ms`,
  );
}
const cache = temporaryFolder("code");
await measureStart(cache);
const rest = await measureRest(cache);
removeFolder(cache);

/** The table is for people; stdout holds the JSON alone. */
const table = new Console(process.stderr);
const machine = {
  cpu: cpus()[0]?.model ?? "",
  cores: availableParallelism(),
  platform: process.platform,
  node: process.version,
};
console.log(
  JSON.stringify({ runs: RUNS, machine, first_start: summarize(first), later_start: summarize(later), at_rest: rest }),
);
console.error("\nmilliseconds to…");
table.table({
  "ready, first start": spread(first.map(({ ready }) => ready)),
  "ready, later": spread(later.map(({ ready }) => ready)),
  "first token, first start": spread(first.map((one) => one.first_token)),
  "first token, later": spread(later.map((one) => one.first_token)),
});
table.table([
  ...rest.after_first_call,
  total("before the first call", rest.before_first_call),
  total("with the local process", rest.after_first_call),
]);

function total(name: string, processes: AtRest[]): AtRest {
  const sum = (pick: (one: AtRest) => number | null) =>
    Number(processes.reduce((all, one) => all + (pick(one) ?? 0), 0).toFixed(2));
  return {
    process: name,
    rss_mb: sum((one) => one.rss_mb),
    pss_mb: sum((one) => one.pss_mb),
    cpu_percent: sum((one) => one.cpu_percent),
  };
}
