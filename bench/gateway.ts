// The gateway's hot path beside a C floor and Portkey in one run: npm run bench -- gateway [--rounds 5] [--seconds 4] [--only W1,W4] [--quick] [--write] [--out runs.json]
import { rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cpuNs } from "./gateway/counters.ts";
import { measure, type Run } from "./gateway/measure.ts";
import { buildNative, type Native, whyNotHere } from "./gateway/native.ts";
import { aimTable, type Round, workerTables } from "./gateway/report.ts";
import { spread } from "./gateway/statistics.ts";
import { drained, startDirect, startFloor, startOurs, startPeer, type Target } from "./gateway/targets.ts";
import { type Workload, WORKLOADS } from "./gateway/workloads.ts";

const PAGE = new URL("../docs/guide/benchmarks.md", import.meta.url);

const HEADING = [
  "# What the gateway costs",
  "",
  "<!-- Written by `npm run bench -- gateway --write`. -->",
  "",
  "`npm ci --prefix bench/peers && npm run bench -- gateway` measures this again, in about half an hour ([how](../../bench/README.md)).",
  "",
  "One provider, one load generator and one floor, all in C (`bench/gateway/native`), and the gateways between them, each",
  "on a core of its own. Flywheel runs as shipped: the key is checked, usage is read, both bodies are in the write-ahead log",
  "before the answer ends. Figures are medians, with the middle half of the rounds in brackets.",
  "",
];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    only: { type: "string", default: WORKLOADS.map(({ id }) => id).join() },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    out: { type: "string", default: "" },
  },
});
const ROUNDS = values.quick ? 1 : Number(values.rounds);
const SECONDS = values.quick ? 1 : Number(values.seconds);
const only = values.quick ? ["W1", "W4"] : values.only.split(",");
const workloads = WORKLOADS.filter(({ id }) => only.includes(id));
/** Two runs against the provider itself that differ by more say that somebody else used the machine. */
const MOST_APART = 0.1;

const missing = whyNotHere();
if (missing) {
  console.error(missing);
  process.exit(1);
}
const native = buildNative();
const direct = await startDirect(native);
const ours = await startOurs(native, direct.port);
const floor = await startFloor(native, direct.port);
const peer = await startPeer(direct.port);
if (!peer) console.error("Portkey is left out: npm ci --prefix bench/peers installs it.");
const ended: Target[] = [ours, floor, direct, ...(peer ? [peer] : [])];

process.once("SIGINT", () => void cleanUp().then(() => process.exit(130)));

let asked = 0;
try {
  const before = loadavg()[0]!;
  for (const target of ended) await warmUp(target);
  const rounds: Round[] = [];
  for (const workload of workloads) rounds.push(...(await roundsOf(workload)));
  const whole = await wholeTree(ours);
  const stored = await drained(ours, asked);
  const about = [
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}; load before and after: ${before.toFixed(2)}, ${loadavg()[0]!.toFixed(2)}.`,
    `${SECONDS} s a run, after a warm-up; ${ROUNDS} rounds of direct, flywheel, Portkey, floor, flywheel, direct, of which those are left out whose two direct runs differ by more than ${MOST_APART * 100} %.`,
    `Rows stored: ${stored.toLocaleString("en")} of ${asked.toLocaleString("en")} requests.`,
  ];
  const page = [...HEADING, ...about.flatMap((line) => [line, ""]), ...aimTable(rounds), ...workerTables(workloads, rounds), ...whole].join("\n"); // prettier-ignore
  if (values.out) writeFileSync(values.out, JSON.stringify({ about, rounds, whole }, undefined, 1));
  if (values.write) writeFileSync(PAGE, `${page}\n`);
  else console.log(values.json ? JSON.stringify({ about, rounds, whole }) : page);
  if (stored !== asked) process.exitCode = 1;
} finally {
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  for (const target of ended) await target.stop();
  rmSync(native.folder, { recursive: true, force: true });
}

async function warmUp(target: Target): Promise<void> {
  for (const workload of workloads) {
    note(`${target.name}: warm-up ${workload.id}`);
    await counted(native, target, workload, workload === workloads[0] ? 3 : 1);
  }
}

/** Nothing but the hot path runs meanwhile; what it recorded is stored afterwards. */
async function counted(programs: Native, target: Target, workload: Workload, seconds: number): Promise<Run> {
  target.hold?.();
  try {
    const run = await measure(programs, target, workload, seconds);
    if (target === ours) asked += run.sent;
    return run;
  } finally {
    target.release?.();
    if (target === ours) await drained(ours, asked);
  }
}

async function roundsOf(workload: Workload): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let tries = 0; rounds.length < ROUNDS && tries < 2 * ROUNDS; tries++) {
    const runs: Round["runs"] = [];
    for (const target of [direct, ours, ...(peer ? [peer] : []), floor, ours, direct]) {
      note(`${workload.id} round ${rounds.length + 1} of ${ROUNDS}: ${target.name}`);
      runs.push({ target: target.name, run: await counted(native, target, workload, SECONDS) });
      await sleep(100);
    }
    const [first, last] = [runs[0]!.run, runs.at(-1)!.run];
    const apart = Math.abs(first.per_second - last.per_second) / Math.max(first.per_second, last.per_second);
    if (apart <= MOST_APART) rounds.push({ workload: workload.id, runs });
    else note(`${workload.id}: a round is left out, its direct runs are ${(apart * 100).toFixed(0)} % apart`);
  }
  return rounds;
}

/** Everything that a request costs until its row is there, ingest and log store included. */
async function wholeTree(target: Target): Promise<string[]> {
  const rows: string[] = [];
  for (const workload of workloads.filter(({ id }) => id === "W1" || id === "W4")) {
    const costs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      note(`whole tree ${workload.id} round ${round + 1} of ${ROUNDS}`);
      const before = cpuNs(target.tree!());
      const run = await measure(native, target, { ...workload, rate: 1000, connections: 32 }, SECONDS);
      asked += run.sent;
      await drained(target, asked);
      costs.push((cpuNs(target.tree!()) - before) / 1000 / run.sent);
    }
    rows.push(`| ${workload.id} at 1,000 requests/s | ${spread(costs, 0)} |`);
  }
  return ["## Whole tree", "", "All processes together, from the first request until the last row is stored.", "", "| traffic | CPU µs per stored row |", "|---|---|", ...rows]; // prettier-ignore
}

function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${text}`);
  else process.stderr.write(`${text}\n`);
}
