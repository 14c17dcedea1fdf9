// The whole turn of the wheel: seeds that must promote, and shuffled opinions that must not: npm run bench -- demo [--seeds 1,2,3,4,5] [--shuffled 1] [--write]
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = new URL("../docs/reference/demo.md", import.meta.url);
const COMMAND = join(ROOT, "apps/cli/bin/flywheel.js");
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1,2,3,4,5" },
    shuffled: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
    /** What an interrupted run had found out is not used. */
    fresh: { type: "boolean", default: false },
  },
});

/** The last line of `flywheel demo --json`. */
interface Result {
  baseline: { accuracy: number; interval: [number, number] };
  tuned: { accuracy: number; interval: [number, number] };
  majority: number;
  promoted: boolean;
  reason: string;
  examples: number;
  held_out: number | null;
  seconds: number;
}

interface Run extends Result {
  seed: number;
  isShuffled: boolean;
  exitCode: number;
  /** Of all its processes together. */
  cpuSeconds?: number;
  /** Runnable processes of the machine when it began and ended, ours included. */
  load: [before: number, after: number];
}

const seedsOf = (list: string) => list.split(",").filter(Boolean).map(Number);
const asked = [
  ...seedsOf(values.seeds).map((seed) => ({ seed, isShuffled: false })),
  ...seedsOf(values.shuffled).map((seed) => ({ seed, isShuffled: true })),
];
const nameOf = ({ seed, isShuffled }: { seed: number; isShuffled: boolean }) =>
  `${seed}${isShuffled ? " shuffled" : ""}`;

// What an interrupted run had found out holds as long as these are the same.
const PARTS = ["apps/cli/src/demo", "packages/tuning/src", "packages/evals/src/decision", "models/spark/spark.gguf"];
const trees = execFileSync("git", ["rev-parse", ...PARTS.map((path) => `HEAD:${path}`)], {
  cwd: ROOT,
  encoding: "utf8",
});
const STATE = join(
  tmpdir(),
  `flywheel-bench-demo-${createHash("sha256").update(trees).digest("hex").slice(0, 12)}.json`,
);
if (values.fresh) rmSync(STATE, { force: true });
const runs = (existsSync(STATE) ? JSON.parse(readFileSync(STATE, "utf8")) : {}) as Record<string, Run>;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const share = ({ accuracy, interval: [low, high] }: Result["baseline"]) => `${percent(accuracy)} (${percent(low)} to ${percent(high)})`; // prettier-ignore
const minutes = (seconds: number) => `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

for (const each of asked) {
  const name = nameOf(each);
  if (!runs[name]) {
    runs[name] = await run(each);
    writeFileSync(`${STATE}.new`, JSON.stringify(runs));
    renameSync(`${STATE}.new`, STATE);
  }
  console.error(`${name}: ${lineOf(runs[name])}`);
}

async function run({ seed, isShuffled }: { seed: number; isShuffled: boolean }): Promise<Run> {
  const before = loadavg()[0]!;
  const args = ["demo", "--json", "--seed", String(seed), ...(isShuffled ? ["--shuffle-labels"] : [])];
  // The shell's last line is the processor time of all that it waited for, user and system.
  const child = spawn("sh", ["-c", '"$@"; code=$?; times; exit $code', "sh", process.execPath, COMMAND, ...args], { stdio: ["ignore", "pipe", "inherit"] }); // prettier-ignore
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (exitCode !== 0 && exitCode !== 4) throw new Error(`flywheel ${args.join(" ")} ended with ${exitCode}`);
  const lines = stdout.trim().split("\n");
  const cpuSeconds = Array.from(lines.at(-1)!.matchAll(/(\d+)m([\d.]+)s/g), ([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds)).reduce((sum, each) => sum + each, 0); // prettier-ignore
  return { ...(JSON.parse(lines.at(-3)!) as Result), seed, isShuffled, exitCode, cpuSeconds, load: [before, loadavg()[0]!] }; // prettier-ignore
}

function lineOf({ baseline, tuned, promoted, exitCode, seconds, reason }: Run): string {
  return `${percent(baseline.accuracy)} → ${percent(tuned.accuracy)}, ${promoted ? "promoted" : "not promoted"}, exit code ${exitCode}, ${minutes(seconds)}. ${reason}`; // prettier-ignore
}

const all = asked.map((each) => runs[nameOf(each)]!);
const asPromised = ({ promoted, exitCode, isShuffled }: Run) =>
  isShuffled ? !promoted && exitCode === 4 : promoted && exitCode === 0;
const rows = all.map((run) => {
  const { seed, isShuffled, baseline, tuned, majority, promoted, examples, held_out, seconds, cpuSeconds, load } = run;
  const outcome = `${promoted ? "promoted" : "not promoted"}${asPromised(run) ? "" : " (**not as promised**)"}`;
  return `| ${seed}${isShuffled ? ", shuffled" : ""} | ${percent(majority)} | ${share(baseline)} | ${share(tuned)} | ${outcome} | ${examples}, ${held_out ?? 0} | ${cpuSeconds?.toFixed(0) ?? "–"} | ${minutes(seconds)} | ${load.map((each) => each.toFixed(1)).join(", ")} |`; // prettier-ignore
});
const held = all.filter(asPromised).length;
const page = [
  "# The demo",
  "",
  "<!-- Written by `npm run bench -- demo --write`. -->",
  "",
  `\`flywheel demo --json\` with ${all.length} settings: ${held} ended as promised. It promises to promote by itself with every seed, and not to`,
  `where what users hold to be right is put to other messages; and to take 5 minutes at most on two quiet cores ([what it does](../guide/demo.md)).`,
  "",
  "| seed | most usual team | before | after | outcome | examples, held out | CPU seconds | time | load before, after |",
  "|---|---|---|---|---|---|---|---|---|",
  ...rows,
  "",
  "Before and after are shares of right answers by the company's rules, in sentences that no user wrote; 95 % intervals",
  "know that messages of one sentence are alike. The decision knows nothing of them: it sees the users' own signals on",
  "held-out users, of which some are wrong. A seed fixes the messages and the users, not the order of the rows, so that a",
  "repeated run differs by some points.",
  "",
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}. Where the load is above 2, other`,
  "work ran on the machine: CPU seconds, of all processes together, are then the better measure.",
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
console.error(`${held} of ${all.length} as promised`);
rmSync(STATE, { force: true });
if (held < all.length) process.exitCode = 1;
