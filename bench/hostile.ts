// How far one hostile user in 100 moves the tuned model, with influence caps and without: npm run bench -- hostile [--seeds 40] [--write]
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inParallel, openJournal } from "@flywheel/evals";
import { clusteredMean, createRandom } from "@flywheel/evals/statistics";
import { DEFAULT_DATASET_QUERY } from "@flywheel/protocol";
import { HYPERPARAMETERS } from "@flywheel/tuning/training";
import { createProgress } from "../apps/cli/src/progress.ts";
import { sharedData } from "../tests/recordings/shared-data.ts";
import { datasetOf } from "./hostile/dataset.ts";
import { drawTask, LAST, MESSAGES, readSource, type Task, TESTS, USERS } from "./hostile/task.ts";
import { rightAfterTraining } from "./hostile/trial.ts";

const PAGE = new URL("../docs/reference/hostile-users.md", import.meta.url);
const BASE = new URL("../models/spark/spark.gguf", import.meta.url).pathname;
const BASE_HASH = createHash("sha256").update(readFileSync(BASE)).digest("hex");
const MOST_LOST = 0.005;
/** No pilot drew these. */
const FIRST_DESK = 20270601;
const { values } = parseArgs({ options: { seeds: { type: "string", default: "40" }, others: { type: "string", default: "8" }, together: { type: "string", default: String(availableParallelism()) }, fresh: { type: "boolean", default: false }, write: { type: "boolean", default: false } } }); // prettier-ignore

const CAP = DEFAULT_DATASET_QUERY.user_share;

/** Who the last user is, and what keeps him from weighing more: the cap on his share, and the eye on outliers. */
const ARMS = {
  honest: { he: "honest", user_share: CAP, outliers: "drop" },
  loud: { he: "loud", user_share: CAP, outliers: "drop" },
  sly: { he: "sly", user_share: CAP, outliers: "drop" },
  slyFree: { he: "sly", user_share: 1, outliers: "drop" },
  loudCapped: { he: "loud", user_share: CAP, outliers: "keep" },
  loudFree: { he: "loud", user_share: 1, outliers: "keep" },
} as const;
type Arm = keyof typeof ARMS;
const arms = Object.keys(ARMS) as Arm[];
const NAMES: Readonly<Record<Arm, string>> = { honest: "like the others", loud: "loud", sly: "sly", slyFree: "sly, no cap", loudCapped: "loud, outliers kept", loudFree: "loud, no limits" }; // prettier-ignore
/** Those that the promise is about; of the others a few seeds tell. */
const PROMISED: readonly Arm[] = ["honest", "loud", "sly"];

/** Of one training. */
interface Outcome {
  accuracy: number;
  /** Rows to learn from, and how many of them are the last user's. */
  rows: number;
  his: number;
  sent: number;
  seconds: number;
}

const [messages, domains] = ["clinc150.trainval.jsonl", "clinc150.domains.json"].map((name) => sharedData(`intents/${name}`)); // prettier-ignore
if (!messages || !domains) {
  console.error("hostile: skipped, for there is no CLINC150: set FLYWHEEL_TEST_DATA to a folder that holds intents/clinc150.trainval.jsonl"); // prettier-ignore
  process.exit(0);
}

const source = readSource(messages, domains);
const JOURNAL = join(tmpdir(), "flywheel-bench-hostile.jsonl");
if (values.fresh) rmSync(JOURNAL, { force: true });
const journal = openJournal(JOURNAL);
const outcomes = new Map<string, Outcome>();
const range = (count: string) => Array.from({ length: Number(count) }, (_, i) => i + 1);
const seedsOf = (arm: Arm) => range(PROMISED.includes(arm) ? values.seeds : values.others);
const plan = range(values.seeds).flatMap((seed) => arms.filter((arm) => seedsOf(arm).includes(seed)).map((arm) => [arm, seed] as const)); // prettier-ignore
const progress = createProgress();
// Each training has one thread, which is how most are done in a minute.
let done = 0;
await inParallel(plan, Number(values.together), new AbortController().signal, async ([arm, seed]) => {
  const task = await drawTask(source, createRandom(FIRST_DESK + seed).below(2 ** 31));
  outcomes.set(`${seed} ${arm}`, await tried(task, arm, seed));
  progress.at(++done / plan.length, `seed ${seed}, ${arm}`);
  console.error(`seed ${seed}, ${arm}: ${percent(outcome(seed, arm).accuracy)}`);
});
progress.end();

/** What was tried with the same data, model and hyperparameters is not tried again. */
async function tried(task: Task, arm: Arm, seed: number): Promise<Outcome> {
  const began = performance.now();
  const { he, ...limits } = ARMS[arm];
  const edits = he === "honest" ? task.honest : [...task.honest.filter(({ user }) => user !== LAST), ...task[he]];
  const { data } = await datasetOf(edits, limits);
  const hyperparameters = { ...HYPERPARAMETERS.sft, seed: FIRST_DESK + seed };
  const name = nameOf([BASE_HASH, hyperparameters, data.train.map(({ messages, completion, weight }) => [messages, completion, weight]), task.tests]); // prettier-ignore
  if (journal.get(name)) return journal.get(name) as Outcome;
  const folder = join(tmpdir(), `flywheel-bench-hostile-${process.pid}-${arm}-${seed}`);
  const right = await rightAfterTraining(BASE, data, task.tests, task.labels, hyperparameters, folder);
  const found: Outcome = {
    accuracy: right.filter(Boolean).length / right.length,
    rows: data.train.length,
    his: data.train.filter(({ lineage }) => lineage.user_id === LAST).length,
    sent: edits.filter(({ user }) => user === LAST).length,
    seconds: (performance.now() - began) / 1000,
  };
  journal.put(name, found);
  return found;
}

function nameOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function outcome(seed: number, arm: Arm): Outcome {
  return outcomes.get(`${seed} ${arm}`)!;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const points = (share: number) => `${share < 0 ? "−" : ""}${Math.abs(100 * share).toFixed(2)}`;
const average = (arm: Arm, of: keyof Outcome) =>
  seedsOf(arm).reduce((sum, seed) => sum + outcome(seed, arm)[of], 0) / seedsOf(arm).length;
/** Both ends at 95 % one-sided. @returns how much of `before` is lost in `after`, by seed */
const lost = (before: Arm, after: Arm) =>
  clusteredMean(seedsOf(after).map((seed) => outcome(seed, before).accuracy - outcome(seed, after).accuracy), { level: 0.9 }); // prettier-ignore

const [loud, sly, further] = [lost("honest", "loud"), lost("honest", "sly"), lost("loudCapped", "loudFree")];
const isHeld = loud.high <= MOST_LOST && sly.high <= MOST_LOST;
const isFurther = further.low > 0;
const row = (arm: Arm, what: string) => {
  const loss = arm === "honest" ? null : lost("honest", arm);
  return `| ${what} | ${seedsOf(arm).length} | ${average(arm, "sent").toFixed(0)} | ${average(arm, "his").toFixed(1)} of ${average(arm, "rows").toFixed(0)} | ${percent(average(arm, "accuracy"))} | ${loss === null ? "" : points(loss.estimate)} | ${loss === null ? "" : `${points(loss.low)} to ${points(loss.high)}`} |`; // prettier-ignore
};
const deviation = ({ standardError, count }: typeof loud) => points(standardError * Math.sqrt(count));
const seconds = plan.reduce((sum, [arm, seed]) => sum + outcome(seed, arm).seconds, 0);
const page = [
  "# One hostile user",
  "",
  "<!-- Written by `npm run bench -- hostile --write`. -->",
  "",
  `A desk of ${USERS} users whose edits are all that a model learns from. One of them is against it. How much worse is the model`,
  `that comes of it, over ${values.seeds} seeds? Wanted: at most ${points(MOST_LOST)} points (upper 95 % bound), whether he is loud or sly: **${isHeld ? "kept" : "not kept"}**;`,
  `without influence caps more than with: **${isFurther ? "shown" : "not shown"}**.`,
  "",
  "| the last user | seeds | edits sent | his rows learned from | accuracy | points lost | one-sided 95 % bounds |",
  "|---|---|---|---|---|---|---|",
  row("honest", "is like the others"),
  row("loud", `is loud; his share is capped (\`user_share\` ${CAP}), outliers are dropped: as usual`),
  row("sly", "is sly; as usual"),
  row("slyFree", "is sly; no cap"),
  row("loudCapped", "is loud; capped, outliers are kept"),
  row("loudFree", "is loud; no cap, outliers are kept"),
  "",
  `What the cap alone saves of a loud one: ${points(further.estimate)} points (at least ${points(further.low)}). Differences are paired by seed: the same desk,`,
  "messages, test messages and training seed; only the last user's edits, or what limits him, differ. They have a standard",
  `deviation of ${deviation(loud)} (loud) and ${deviation(sly)} points (sly) from seed to seed, most of it training's own chance.`,
  "",
  "The loud one knows what all the others write, repeats every message of one kind after them, adds more messages of that kind",
  "that nobody else sends, and says the same wrong label each time. The sly one also knows how outliers are found: he trains a",
  "classifier on the others' edits, lies where it would be wrong itself and a little where it has little doubt, and fills up with",
  "the truth. What he may have of it is his newest, so the worst come last. He has one account, and does not know the test messages.",
  "",
  `A desk sorts messages of twelve intents of CLINC150, three of each of four domains, into the domains, drawn anew for each seed:`,
  `${MESSAGES} messages of users and ${TESTS} that nobody sends, to measure by. \`buildDataset\` makes the dataset of them (all are trained on: a few`,
  "held-out rows would choose between epochs by chance), the built-in trainer tunes spark with its defaults, the local server",
  "answers under a grammar of the labels. Every model counts as promoted: the comparison that would refuse some is left out.",
  "",
  "Sizes, arms and seeds were fixed before the run (60 seeds; cut to 40 for want of time before anything was counted). Before it, on other desks of the same data: desks of 200 messages and 200 tests",
  "could not tell; pilots showed what the cap alone lets a loud user cost, which is why outliers are dropped; how sure a classifier",
  "has to be was chosen there and on BANKING77. A first run of 72 seeds found 0.16 points (at most 0.39) for the loud one and 0.41 (at",
  "most 0.62) for a sly one who kept below that measure, which is why users in doubt far more often than others lose all that is in doubt.",
  "",
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}: ${plan.length} trainings and their tests of ${(seconds / plan.length).toFixed(0)} s on average, some at once.`,
  "",
  `| seed | ${arms.map((arm) => NAMES[arm]).join(" | ")} |`,
  `|---|${arms.map(() => "---|").join("")}`,
  ...range(values.seeds).map((seed) => `| ${seed} | ${arms.map((arm) => (seedsOf(arm).includes(seed) ? percent(outcome(seed, arm).accuracy) : "")).join(" | ")} |`), // prettier-ignore
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
console.error(`loud: ${points(loud.estimate)} points lost, at most ${points(loud.high)}; sly: ${points(sly.estimate)}, at most ${points(sly.high)}`); // prettier-ignore
if (!isHeld || !isFurther) process.exitCode = 1;
