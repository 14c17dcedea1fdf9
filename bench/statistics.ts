// Whether our intervals hold the truth as often as they say: npm run bench -- statistics [--replications 10000] [--write]
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createProgress } from "../apps/cli/src/progress.ts";
import { createRandom } from "../packages/evals/src/statistics/index.ts";
import { CASES, type CoverageCase, keeps } from "../packages/evals/test/coverage-cases.ts";

const PAGE = new URL("../docs/reference/statistics.md", import.meta.url);
const { values } = parseArgs({
  options: {
    replications: { type: "string", default: "10000" },
    seed: { type: "string", default: "20261123" },
    write: { type: "boolean", default: false },
    /** What an interrupted run had found out is not used. */
    fresh: { type: "boolean", default: false },
  },
});
const REPLICATIONS = Number(values.replications);
const BATCH = 250;
const STATE = join(tmpdir(), `flywheel-bench-statistics-${values.seed}-${REPLICATIONS}.json`);

interface Count {
  done: number;
  covered: number;
  naive: number;
  seconds: number;
}

if (values.fresh) rmSync(STATE, { force: true });
const state = (existsSync(STATE) ? JSON.parse(readFileSync(STATE, "utf8")) : {}) as Record<string, Count>;

function save(): void {
  writeFileSync(`${STATE}.new`, JSON.stringify(state));
  renameSync(`${STATE}.new`, STATE);
}

/** Each batch has a seed of its own, so that a run can go on where another ended. */
function runBatch(one: CoverageCase, index: number, count: Count): void {
  const random = createRandom(Number(values.seed) + 7919 * (1 + CASES.indexOf(one)) + 104_729 * index);
  const began = performance.now();
  for (let i = 0; i < BATCH; i++) {
    const { covered, naive } = one.run(random);
    count.done++;
    count.covered += Number(covered);
    count.naive += Number(naive);
  }
  count.seconds += (performance.now() - began) / 1000;
}

const progress = createProgress();
CASES.forEach((one, at) => {
  const count = (state[one.name] ??= { done: 0, covered: 0, naive: 0, seconds: 0 });
  while (count.done < REPLICATIONS) {
    runBatch(one, count.done / BATCH, count);
    save();
    progress.at((at + count.done / REPLICATIONS) / CASES.length, `${one.name} ${count.done} of ${REPLICATIONS}`);
  }
});
progress.end();

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
let failed = 0;
const rows = CASES.map((one) => {
  const { done, covered, naive, seconds } = state[one.name]!;
  const [ours, theirs] = [covered / done, naive / done];
  const kept = keeps(one.promise, ours);
  if (!kept || keeps(one.promise, theirs)) failed++;
  const wanted = { approximate: "93–97 %", exact: "≥ 95 %", sequence: "≥ 95 %, 1,000 looks" }[one.promise];
  return `| ${one.name} | ${one.setting} | ${wanted} | ${kept ? "" : "**not kept** "}${percent(ours)} | ${one.naive}: ${percent(theirs)} | ${seconds.toFixed(0)} |`; // prettier-ignore
});
const total = CASES.reduce((sum, one) => sum + state[one.name]!.seconds, 0);
const page = [
  "# Statistics",
  "",
  "<!-- Written by `npm run bench -- statistics --write`. -->",
  "",
  "How often 95 % intervals hold the truth, in simulations where the truth is known, and beside each what people use",
  "without thinking. A confidence sequence counts as right only where it held the truth at every one of 1,000 looks.",
  `${REPLICATIONS.toLocaleString("en")} simulations a row, seed ${values.seed}: the last digit is luck (± ${percent(1.96 * Math.sqrt((0.05 * 0.95) / REPLICATIONS))}).`, // prettier-ignore
  "",
  "| interval | setting | promised | held the truth | the naive way | seconds |",
  "|---|---|---|---|---|---|",
  ...rows,
  "",
  'Where a promise is "at least", what is above 95 % is width given away: that is the price of exactness, or of being',
  "allowed to look at any time. Each method's file in `packages/evals/src/statistics` names its paper.",
  "",
  `${cpus()[0]?.model.trim()}, Node ${process.version}, one core, ${total.toFixed(0)} s.`,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
console.error(`${CASES.length - failed} of ${CASES.length} rows as promised, ${total.toFixed(0)} s`);
rmSync(STATE, { force: true });
if (failed > 0) process.exitCode = 1;
