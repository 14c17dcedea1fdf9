// How often a canary or a shadow promotes what it should not, and how many users it takes: npm run bench -- trials [--candidates 250] [--write]
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { createProgress } from "../apps/cli/src/progress.ts";
import { judgeTrial } from "../packages/deploy/src/trials/judge.ts";
import { createRandom, type Random, wilson } from "../packages/evals/src/statistics/index.ts";
import { canaryPart } from "../packages/gateway/src/trial.ts";
import type { RouteTrial, Trial, TrialArm, TrialKind, TrialSilence } from "../packages/protocol/src/index.ts";
import type { TrialRows } from "../packages/store/src/logs/index.ts";

const PAGE = new URL("../docs/reference/trials.md", import.meta.url);
const { values } = parseArgs({
  options: {
    candidates: { type: "string", default: "250" },
    seed: { type: "string", default: "20261123" },
    write: { type: "boolean", default: false },
  },
});
const COUNT = Number(values.candidates);
const MOST_USERS = 3000;
const START = Date.UTC(2026, 10, 1);

/** Made-up users. Shares are 0 to 1. */
interface World {
  what: string;
  kind: TrialKind;
  /** Of the users, in a canary. */
  share?: number;
  /** How often each model is right. */
  right: Record<TrialArm, number>;
  /** How many users speak of an answer that is right, and of one that is wrong. */
  speaks: { ofRight: number; ofWrong: number };
  /** Answers of one user, which are right together or wrong together. */
  answers?: number;
  /** Of a shadow. */
  silence?: TrialSilence;
  /** Every answer is taken for a user of its own. */
  naive?: boolean;
  wanted: string;
  holds: (share: number) => boolean;
}

const EVEN = { ofRight: 0.3, ofWrong: 0.3 };
/** Every answer goes through the hands of a person. */
const CHECKED = { ofRight: 0.9, ofWrong: 1 };
const LOUD = { ofRight: 0.1, ofWrong: 0.4 };
const rare = { wanted: "≤ 5 %", holds: (share: number) => share <= 0.05 };
const mostly = { wanted: "≥ 80 %", holds: (share: number) => share >= 0.8 };
const shown = { wanted: "", holds: () => true };
const same = { baseline: 0.7, candidate: 0.7 };
const WORLDS: World[] = [
  { what: "no effect", kind: "canary", share: 0.5, right: same, speaks: EVEN, ...rare },
  { what: "no effect", kind: "canary", share: 0.1, right: same, speaks: EVEN, ...rare },
  { what: "no effect, both nearly always right", kind: "canary", share: 0.5, right: { baseline: 0.97, candidate: 0.97 }, speaks: EVEN, ...rare },
  { what: "no effect, six answers a user", kind: "canary", share: 0.5, right: same, speaks: EVEN, answers: 6, ...rare },
  { what: "the same, each answer counted for itself", kind: "canary", share: 0.5, right: same, speaks: EVEN, answers: 6, naive: true, ...shown },
  { what: "−3 points, complaints four times as likely as praise", kind: "canary", share: 0.5, right: { baseline: 0.7, candidate: 0.67 }, speaks: LOUD, ...rare },
  { what: "+10 points", kind: "canary", share: 0.5, right: { baseline: 0.7, candidate: 0.8 }, speaks: EVEN, ...shown },
  { what: "+15 points", kind: "canary", share: 0.5, right: { baseline: 0.7, candidate: 0.85 }, speaks: EVEN, ...mostly },
  { what: "+20 points", kind: "canary", share: 0.1, right: { baseline: 0.7, candidate: 0.9 }, speaks: EVEN, ...mostly },
  { what: "no effect", kind: "shadow", right: same, speaks: EVEN, ...rare },
  { what: "−3 points, corrections four times as likely as praise", kind: "shadow", right: { baseline: 0.7, candidate: 0.67 }, speaks: LOUD, ...rare },
  { what: "+10 points", kind: "shadow", right: { baseline: 0.7, candidate: 0.8 }, speaks: EVEN, ...shown },
  { what: "+10 points, everybody corrects what is wrong", kind: "shadow", right: { baseline: 0.7, candidate: 0.8 }, speaks: CHECKED, ...mostly },
  { what: "−10 points, everybody corrects what is wrong", kind: "shadow", right: { baseline: 0.7, candidate: 0.6 }, speaks: CHECKED, ...rare },
  { what: "no effect", kind: "shadow", silence: "ignored", right: same, speaks: EVEN, ...rare },
  { what: "+10 points", kind: "shadow", silence: "ignored", right: { baseline: 0.7, candidate: 0.8 }, speaks: EVEN, ...mostly },
  { what: "−20 points, users only correct", kind: "shadow", silence: "ignored", right: { baseline: 0.7, candidate: 0.5 }, speaks: { ofRight: 0, ofWrong: 0.3 }, ...rare },
  { what: "−3 points, corrections four times as likely as praise", kind: "shadow", silence: "ignored", right: { baseline: 0.7, candidate: 0.67 }, speaks: LOUD, ...shown },
]; // prettier-ignore

const TRIAL: Trial = { id: "trial", route: "r", candidate: "p/new", baseline: "p/old", kind: "canary", share: 0.5, evaluator: "reward", silence: "unknown", margin: 0, worthwhile: 0.02, most_users: MOST_USERS, settle_seconds: 0, created: START, ended: null, outcome: null, reason: "", evidence: null, promotion: null }; // prettier-ignore

/** What so many users leave behind; where silence says nothing, of those who said something. */
function traffic(world: World, random: Random): TrialRows {
  const rows: TrialRows = { answers: [], events: [] };
  const { kind, share = 0.5, right, speaks, answers = 1, naive, silence = "unknown" } = world;
  const countsSilent = kind === "shadow" && silence === "unknown";
  let users = 0;
  for (let user = 0; users < MOST_USERS; user++) {
    const arm = random.uniform() < share ? "candidate" : "baseline";
    const isRight = { baseline: random.uniform() < right.baseline, candidate: random.uniform() < right.candidate };
    const shownArm = kind === "canary" ? arm : "baseline";
    const isSilent = random.uniform() >= (isRight[shownArm] ? speaks.ofRight : speaks.ofWrong);
    if (isSilent && !countsSilent) continue;
    users++;
    for (let i = 0; i < answers; i++) {
      const id = `${user}-${i}`;
      const unit = naive ? id : String(user);
      const time = START + user * 1000 + i;
      const answer = (of: TrialArm, changes: object) => {
        const text = isRight[of] ? "right" : `wrong ${of}`;
        rows.answers.push({ id, time, arm: of, unit, shadow_of: "", status: "ok", model: of === "candidate" ? "p/new" : "p/old", text, digest: text, ...changes }); // prettier-ignore
      };
      answer(shownArm, {});
      if (kind === "shadow") answer("candidate", { id: `shadow-${id}`, shadow_of: id });
      const signal = kind === "shadow" ? ({ type: "demonstration", text: "right" } as const) : ({ type: "reward", value: isRight[arm] ? 1 : -1 } as const); // prettier-ignore
      if (!isSilent) rows.events.push({ id, generation_id: id, received: time, time, name: signal.type, user_id: "", signals: [signal] }); // prettier-ignore
    }
  }
  return rows;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const progress = createProgress();
const began = performance.now();
let failed = 0;

function line(world: World, at: number): string {
  const { what, kind, share, wanted, holds, silence = "unknown" } = world;
  const trial: Trial = { ...TRIAL, kind, silence, evaluator: kind === "canary" ? "reward" : "exact", share: share ?? 1, most_users: MOST_USERS * (world.naive ? (world.answers ?? 1) : 1) }; // prettier-ignore
  let [promoted, rejected, users] = [0, 0, 0];
  for (let i = 0; i < COUNT; i++) {
    const random = createRandom(Number(values.seed) + 100_000 * at + i);
    const { outcome, reason, evidence } = judgeTrial(trial, traffic(world, random), START + 1e12);
    if (outcome === "promoted") promoted++;
    else if (outcome === "rejected" && !reason.startsWith("It is undecided")) rejected++;
    users += evidence.users / COUNT;
    progress.at((at + i / COUNT) / WORLDS.length, `${kind}: ${what}`);
  }
  const { estimate, low, high } = wilson(promoted, COUNT);
  const kept = holds(estimate);
  if (!kept) failed++;
  const where = share === undefined ? `shadow, silence ${silence}` : `canary of ${100 * share} %`;
  return `| ${where} | ${what} | ${wanted} | ${kept ? "" : "**not kept** "}${percent(estimate)} (${percent(low)} to ${percent(high)}) | ${percent(rejected / COUNT)} | ${Math.round(users)} |`; // prettier-ignore
}

/** Microseconds of CPU for deciding whose answer a request gets. */
function costOfDraw(): number {
  const trial: RouteTrial = { id: "trial", kind: "canary", share: 0.1, salt: "0123456789abcdefghijkl", candidate: { provider: "p", model: "new" } }; // prettier-ignore
  const times = 200_000;
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) canaryPart(trial, `user-${i % 1000}`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

const draw = Math.min(...Array.from({ length: 5 }, costOfDraw));
const table = WORLDS.map(line);
progress.end();
const seconds = (performance.now() - began) / 1000;
const page = [
  "# Trials",
  "",
  "<!-- Written by `npm run bench -- trials --write`. -->",
  "",
  "How a candidate in canary or in shadow is decided (`judgeTrial` in `packages/deploy/src/trials`), looked at after every",
  `${Math.ceil(MOST_USERS / 200)} users who said something until it is decided or ${MOST_USERS.toLocaleString("en")} have. ${COUNT.toLocaleString("en")} made-up candidates a row, seed ${values.seed}; both models`,
  "are right or wrong by chance, and where nothing else is said the baseline is right 70 % of the time and 30 % of the users speak.",
  "",
  "| trial | candidate | wanted | promoted | rejected before the last user | users on average |",
  "|---|---|---|---|---|---|",
  ...table,
  "",
  "What is neither promoted nor rejected is undecided at the last user, and so not promoted. Two rows without a wish show",
  "what goes wrong otherwise. Counted by answers instead of by users, chance looks like evidence. And a shadow knows only what",
  "users said of the answers they saw: where they correct more readily than they approve and the silent are taken to be like them",
  "(`silence: ignored`), it sees the baseline's mistakes and overlooks the candidate's. So by default nothing is taken to be known of",
  "the silent: a shadow decides what holds whatever they think, which takes users who confirm or correct most answers. A canary",
  "needs no such assumption, since both models' answers are seen.",
  "",
  `While a canary runs, whose turn it is costs a gateway ${draw.toFixed(1)} µs of CPU a request; otherwise nothing.`,
  "",
  `${cpus()[0]?.model.trim()}, Node ${process.version}, one core, ${seconds.toFixed(0)} s.`,
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
console.error(`${failed === 0 ? "all rows as wanted" : `${failed} rows not as wanted`}, ${seconds.toFixed(0)} s`);
if (failed > 0) process.exitCode = 1;
