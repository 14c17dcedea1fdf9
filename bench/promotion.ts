// How often the decision function promotes what it should, and what it should not: npm run bench -- promotion [--candidates 1000] [--write]
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { createProgress } from "../apps/cli/src/progress.ts";
import {
  createShadowTrial,
  decide,
  DEFAULT_EXAMPLES,
  DEFAULT_RULES,
  nextLevel,
  ROUTE_ERROR,
} from "../packages/evals/src/decision/index.ts";
import { createRandom, powerOf, type Random, requiredRows, wilson } from "../packages/evals/src/statistics/index.ts";
import { type CandidateKind, drawCandidate, PLAN, SLICE } from "../packages/evals/test/candidates.ts";
import { runSuccession } from "../packages/evals/test/succession.ts";

const PAGE = new URL("../docs/reference/promotion.md", import.meta.url);
const { values } = parseArgs({
  options: {
    candidates: { type: "string", default: "1000" },
    seed: { type: "string", default: "20261123" },
    write: { type: "boolean", default: false },
  },
});
const COUNT = Number(values.candidates);

interface Row extends CandidateKind {
  what: string;
  isProtected: boolean;
  /** Of the share promoted. */
  wanted: string;
  holds(share: number): boolean;
}

const n = DEFAULT_EXAMPLES;
const rare = { wanted: "≤ 5 %", holds: (share: number) => share <= 0.05 };
const mostly = { wanted: "≥ 80 %", holds: (share: number) => share >= 0.8 };
const any = { wanted: "", holds: () => true };
const ROWS: Row[] = [
  { what: "no effect", effect: 0, sliceEffect: 0, examples: n, isProtected: true, ...rare },
  { what: "no effect, no protected slice", effect: 0, sliceEffect: 0, examples: n, isProtected: false, ...rare },
  { what: "+5 points", effect: 0.05, sliceEffect: 0.05, examples: n, isProtected: true, ...mostly },
  { what: "+5 points, no protected slice", effect: 0.05, sliceEffect: 0.05, examples: n, isProtected: false, ...mostly },
  { what: "+8 points, on the protected slice −5", effect: 0.08, sliceEffect: -0.05, examples: n, isProtected: true, ...rare },
  { what: "+15 points, on the protected slice −10", effect: 0.15, sliceEffect: -0.1, examples: n, isProtected: true, ...rare },
  { what: "−3 points", effect: -0.03, sliceEffect: -0.03, examples: n, isProtected: true, ...rare },
  { what: "+5 points, few examples", effect: 0.05, sliceEffect: 0.05, examples: 300, isProtected: false, ...any },
  { what: "+2 points", effect: 0.02, sliceEffect: 0.02, examples: n, isProtected: true, ...any },
]; // prettier-ignore

/** Mostly one row, few with up to two hundred, who have most of all rows. */
const manyOfFew = (random: Random) => Math.min(200, Math.ceil(random.uniform() ** -1.25));
const LIGHT = 2;
const HEAVY = 20;
/** Nine of ten users have two rows, the others twenty; the gain of the ones, by rows, is the loss of the others. */
const lightAndHeavy = (random: Random) => (random.uniform() < 0.9 ? LIGHT : HEAVY);
const lightGain = (rows: number) => (rows === HEAVY ? -0.09 : 0.1);

/** Candidates that are no better, in other ways than by flips that stand alone. */
const NONE = { effect: 0, sliceEffect: 0, examples: n, isProtected: false, ...rare };
const NO_EFFECT: Row[] = [
  { ...NONE, what: "users much alike (0.6)", userShare: 0.6 },
  { ...NONE, what: "few users have most of the examples, much alike", userShare: 0.6, rowsOf: manyOfFew },
  { ...NONE, what: "better for users with two examples, worse for those with twenty", rowsOf: lightAndHeavy, effectOf: lightGain },
  { ...NONE, what: "+4 points for three quarters of the users, −12 for the others", effect: 0.04, sliceEffect: -0.12 },
  { ...NONE, what: "the same, these protected", effect: 0.04, sliceEffect: -0.12, isProtected: true },
  { ...NONE, what: "the old model's mistakes but for 2 % of the examples", discordance: 0.02 },
  { ...NONE, what: "mistakes of its own (42 % differ)", discordance: 0.42 },
  { ...NONE, what: "right where the old model was wrong, and the reverse (80 % differ)", discordance: 0.8 },
  { ...NONE, what: "20 users, an example each", examples: 20, rowsOf: () => 1 },
  { ...NONE, what: "24 users, much alike", examples: 96, userShare: 0.6 },
  { ...NONE, what: "24 users, 2 % differ", examples: 96, discordance: 0.02 },
  { ...NONE, what: "15 users: too few ever", examples: 60 },
]; // prettier-ignore
const KINDS = [...ROWS, ...NO_EFFECT];

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const progress = createProgress();
const began = performance.now();
let failed = 0;

function judge(row: Row, at: number): string {
  const random = createRandom(Number(values.seed) + at);
  let promoted = 0;
  for (let i = 0; i < COUNT; i++) {
    const rules = row.isProtected ? { protectedSlices: [SLICE] } : {};
    if (decide(drawCandidate(row, random), rules).promoted) promoted++;
    if (i % 20 === 0) progress.at((at + i / COUNT) / (KINDS.length + 2), row.what);
  }
  const { estimate, low, high } = wilson(promoted, COUNT);
  const ok = row.holds(estimate);
  if (!ok) failed++;
  const cells = `| ${row.what} | ${row.examples} | ${row.wanted} | ${ok ? "" : "**not kept** "}${percent(estimate)} (${percent(low)} to ${percent(high)}) |`; // prettier-ignore
  if (NO_EFFECT.includes(row)) return cells;
  const isPlanned = !row.isProtected && row.effect > 0;
  return `${cells} ${isPlanned ? percent(powerOf({ ...PLAN, difference: row.effect }, row.examples)) : ""} |`;
}

/** A shadow run looked at after each of up to 3,000 users. */
function shadow(gain: number, at: number): { promoted: number; users: number } {
  const random = createRandom(Number(values.seed) + 1000 + at);
  let [promoted, users] = [0, 0];
  for (let i = 0; i < COUNT; i++) {
    const trial = createShadowTrial();
    let state = trial.state();
    while (state.outcome === "continue" && state.answers < 3000) {
      for (let k = 0; k < 25; k++) {
        const u = random.uniform();
        trial.add(u < (0.2 - gain) / 2 ? 1 : 0, u >= (0.2 - gain) / 2 && u < 0.2 ? 1 : 0);
      }
      state = trial.state();
    }
    if (state.outcome === "promote") promoted++;
    users += state.answers / COUNT;
    progress.at((KINDS.length + at + i / COUNT) / (KINDS.length + 2), "shadow");
  }
  return { promoted: promoted / COUNT, users: Math.round(users) };
}

const TURNS = 20;
/** Each of them is twenty decisions. */
const ROUTE_COUNT = COUNT / 2;
interface Route {
  what: string;
  gainOf(turn: number): number;
  examples?: number;
}
const ROUTES: Route[] = [
  { what: "no effect, ever", gainOf: () => 0 },
  { what: "no effect, ever; 30 users only", gainOf: () => 0, examples: 120 },
  { what: "no effect; every fifth turn +5 points", gainOf: (turn: number) => (turn % 5 === 4 ? 0.05 : 0) },
  { what: "no effect; every fifth turn +8 points", gainOf: (turn: number) => (turn % 5 === 4 ? 0.08 : 0) },
  { what: "−1 point; every fifth turn +5 points", gainOf: (turn: number) => (turn % 5 === 4 ? 0.05 : -0.01) },
];

/** Of routes that turn again and again on the same users: how many ever promote what is no better, and what they find. */
function succession({ what, gainOf, examples = n }: Route, isBudgeted: boolean): { wrong: number; cells: string } {
  const random = createRandom(Number(values.seed) + 2000);
  const of = { wrong: 0, found: 0, better: 0 };
  for (let i = 0; i < ROUTE_COUNT; i++) {
    const { wrong, found, better } = runSuccession({ turns: TURNS, examples, gainOf, isBudgeted }, random);
    if (wrong > 0) of.wrong++;
    of.found += found;
    of.better += better;
    if (i % 20 === 0) progress.at(i / ROUTE_COUNT, what);
  }
  const { estimate, low, high } = wilson(of.wrong, ROUTE_COUNT);
  const cells = `${percent(estimate)} (${percent(low)} to ${percent(high)}) | ${of.better > 0 ? percent(of.found / of.better) : ""}`; // prettier-ignore
  return { wrong: estimate, cells };
}

const table = KINDS.map(judge);
const successions = ROUTES.map((route) => ({
  ...route,
  budgeted: succession(route, true),
  each: succession(route, false),
}));
failed += successions.filter(({ budgeted }) => budgeted.wrong > ROUTE_ERROR).length;
const shadows = [0, 0.1].map((gain, at) => ({ gain, ...shadow(gain, at) }));
progress.end();
if (shadows[0]!.promoted > 0.05) failed++;
const seconds = (performance.now() - began) / 1000;
const page = [
  "# Promotion",
  "",
  "<!-- Written by `npm run bench -- promotion --write`. -->",
  "",
  "`decide` (`packages/evals/src/decision`) says whether a candidate takes the place of the model in service. It does where",
  `two things are shown, each at ${percent(DEFAULT_RULES.alpha)} one-sided: the candidate is better (paired difference, clustered by user), and on no`,
  `protected slice worse by ${(100 * DEFAULT_RULES.sliceMargin).toFixed(0)} points or more. A wrong promotion needs a false showing of one of them, so its chance stays`,
  `below ${percent(DEFAULT_RULES.alpha)} with any number of slices.`,
  "",
  `The default held-out set is **${n} examples**. Planned before the run by \`requiredRows\`: with answers that differ in ${percent(PLAN.discordance)} of the`,
  `examples and a design effect of ${PLAN.designEffect} (four examples a user), ${requiredRows({ ...PLAN, difference: 0.05 }, 0.8)} find +5 points in 80 % of the cases; the rest is for`,
  "protected slices, a quarter of the examples here.",
  "",
  `${COUNT.toLocaleString("en")} simulated candidates a row, seed ${values.seed}:`,
  "",
  "| candidate | examples | wanted | promoted | planned |",
  "|---|---|---|---|---|",
  ...table.slice(0, ROWS.length),
  "",
  "These differ from the model in front by flips that users share a little. Candidates that are no better on average in other ways:",
  "",
  "| no better | examples | wanted | promoted |",
  "|---|---|---|---|",
  ...table.slice(ROWS.length),
  "",
  `A route that turns ${TURNS} times (${ROUTE_COUNT} routes a row), the same held-out users deciding each time (\`nextLevel\`): its first decision promotes what is no`,
  `better in ${percent(nextLevel([]).alpha)} of the cases at most, one after ${TURNS - 1} refusals in ${Number((100 * nextLevel(Array.from({ length: TURNS - 1 }, () => ({ promoted: false }))).alpha).toPrecision(2))} %, and all together in ${percent(ROUTE_ERROR)}, however`,
  "many there are. Beside it, each decision at the level of a single one, as if there were no others.",
  "",
  `| ${TURNS} candidates | routes that ever promote what is no better (wanted ≤ ${percent(ROUTE_ERROR)}) | better ones found | without a budget: routes | found |`,
  "|---|---|---|---|---|",
  ...successions.map(({ what, budgeted, each }) => `| ${what} | ${budgeted.cells} | ${each.cells} |`),
  "",
  "In shadow, looked at after every 25 users until it is decided or 3,000 have come (`createShadowTrial`, 20 % of the",
  "answers differ):",
  "",
  "| candidate | promoted | users on average |",
  "|---|---|---|",
  ...shadows.map(({ gain, promoted, users }) => `| ${gain === 0 ? "no effect" : `+${100 * gain} points`} | ${percent(promoted)} | ${users} |`), // prettier-ignore
  "",
  `${cpus()[0]?.model.trim()}, Node ${process.version}, one core, ${seconds.toFixed(0)} s.`,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
console.error(`${failed === 0 ? "all rows as wanted" : `${failed} rows not as wanted`}, ${seconds.toFixed(0)} s`);
if (failed > 0) process.exitCode = 1;
