// How far one hostile user in 100 moves the tuned model, with influence caps and without: npm run bench -- hostile [--seeds 20] [--write]
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
import { drawTask, MESSAGES, readSource, type Task, TESTS, USERS } from "./hostile/task.ts";
import { rightAfterTraining } from "./hostile/trial.ts";

const PAGE = new URL("../docs/reference/hostile-users.md", import.meta.url);
const BASE = new URL("../models/spark/spark.gguf", import.meta.url).pathname;
const BASE_HASH = createHash("sha256").update(readFileSync(BASE)).digest("hex");
const MOST_LOST = 0.005;
const { values } = parseArgs({ options: { seeds: { type: "string", default: "64" }, free: { type: "string", default: "6" }, together: { type: "string", default: String(availableParallelism()) }, fresh: { type: "boolean", default: false }, write: { type: "boolean", default: false } } }); // prettier-ignore

/** Whose edits are trained on, and what one user may weigh. */
const ARMS = {
  honest: { isHostile: false, share: DEFAULT_DATASET_QUERY.user_share },
  capped: { isHostile: true, share: DEFAULT_DATASET_QUERY.user_share },
  free: { isHostile: true, share: 1 },
};
type Arm = keyof typeof ARMS;
const arms = Object.keys(ARMS) as Arm[];

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
/** Without caps the harm is plain to see, and a few seeds tell. */
const seedsOf: Record<Arm, number[]> = { honest: range(values.seeds), capped: range(values.seeds), free: range(values.free) }; // prettier-ignore
const plan = [...seedsOf.honest.flatMap((seed) => [["honest", seed], ["capped", seed]] as const), ...seedsOf.free.map((seed) => ["free", seed] as const)]; // prettier-ignore
const progress = createProgress();
// Each training has one thread, which is how most are done in a minute.
let done = 0;
await inParallel(plan, Number(values.together), new AbortController().signal, async ([arm, seed]) => {
  const task = drawTask(source, createRandom(20261123 + seed).below(2 ** 31));
  outcomes.set(`${seed} ${arm}`, await tried(task, arm, seed));
  progress.at(++done / plan.length, `seed ${seed}, ${arm}`);
  console.error(`seed ${seed}, ${arm}: ${percent(outcome(seed, arm).accuracy)}`);
});
progress.end();

/** What was tried with the same data, model and hyperparameters is not tried again. */
async function tried(task: Task, arm: Arm, seed: number): Promise<Outcome> {
  const began = performance.now();
  const { isHostile, share } = ARMS[arm];
  const him = task.hostile[0]!.user;
  const edits = isHostile ? [...task.honest.filter(({ user }) => user !== him), ...task.hostile] : task.honest;
  const { data } = await datasetOf(edits, share);
  const hyperparameters = { ...HYPERPARAMETERS.sft, seed };
  const name = nameOf([BASE_HASH, hyperparameters, data.train.map(({ messages, completion, weight }) => [messages, completion, weight]), task.tests]); // prettier-ignore
  if (journal.get(name)) return journal.get(name) as Outcome;
  const folder = join(tmpdir(), `flywheel-bench-hostile-${process.pid}-${arm}-${seed}`);
  const right = await rightAfterTraining(BASE, data, task.tests, task.labels, hyperparameters, folder);
  const found: Outcome = {
    accuracy: right.filter(Boolean).length / right.length,
    rows: data.train.length,
    his: data.train.filter(({ lineage }) => lineage.user_id === him).length,
    sent: edits.filter(({ user }) => user === him).length,
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
  seedsOf[arm].reduce((sum, seed) => sum + outcome(seed, arm)[of], 0) / seedsOf[arm].length;
/** Both ends at 95 % one-sided. @returns how much of `before` is lost in `after`, by seed */
const lost = (before: Arm, after: Arm) =>
  clusteredMean(seedsOf[after].map((seed) => outcome(seed, before).accuracy - outcome(seed, after).accuracy), { level: 0.9 }); // prettier-ignore

const [capped, free, further] = [lost("honest", "capped"), lost("honest", "free"), lost("capped", "free")];
const isHeld = capped.high <= MOST_LOST;
const isFurther = further.low > 0;
const row = (arm: Arm, what: string, loss: typeof capped | null) =>
  `| ${what} | ${average(arm, "sent").toFixed(0)} | ${average(arm, "his").toFixed(1)} of ${average(arm, "rows").toFixed(0)} | ${percent(average(arm, "accuracy"))} | ${loss === null ? "" : points(loss.estimate)} | ${loss === null ? "" : `${points(loss.low)} to ${points(loss.high)}`} |`; // prettier-ignore
const seconds = plan.reduce((sum, [arm, seed]) => sum + outcome(seed, arm).seconds, 0);
const page = [
  "# One hostile user",
  "",
  "<!-- Written by `npm run bench -- hostile --write`. -->",
  "",
  `A desk of ${USERS} users whose edits are all that a model learns from. One of them is against it. How much worse is the model`,
  `that comes of it, over ${values.seeds} seeds? Wanted: with influence caps at most ${points(MOST_LOST)} points (upper 95 % bound): **${isHeld ? "kept" : "not kept"}**;`,
  `without them more than with: **${isFurther ? "shown" : "not shown"}**.`,
  "",
  "| the last user | edits sent | his rows learned from | accuracy | points lost | one-sided 95 % bounds |",
  "|---|---|---|---|---|---|",
  row("honest", "is like the others", null),
  row("capped", `is hostile, caps on (\`user_share\` ${ARMS.capped.share})`, capped),
  row("free", "is hostile, caps off (`user_share` 1)", free),
  "",
  `What the caps save: ${points(further.estimate)} points (at least ${points(further.low)}). Differences are paired by seed: the same desk, messages,`,
  "test messages and training seed; only the last user's edits, or the cap, differ. With caps they have a standard deviation of",
  `${points(capped.standardError * Math.sqrt(capped.count))} points from seed to seed, of which training's own chance is a part: the bound can only be shown where that is small.`,
  "",
  "What he does is the worst we could think of: he knows what all the others write, repeats every message of one kind after",
  "them, adds more messages of that kind that nobody else sends, and says the same wrong label each time. What he may have of",
  "it is his newest, so those come last. He has one account.",
  "",
  `A desk sorts messages of four intents of CLINC150, each of another domain, drawn anew for each seed: ${MESSAGES} messages of users`,
  `and ${TESTS} that nobody sends, to measure by. \`buildDataset\` makes the dataset of them (all are trained on: a few held-out rows`,
  "would choose between epochs by chance), the built-in trainer tunes spark with its defaults, the local server answers under a",
  "grammar of the labels. Every model counts as promoted: the comparison that would refuse some is left out.",
  "",
  "This bench found two ways to do more harm, both mended: his row took the place of another user's where both asked the same",
  "(one against one, and the newer was believed), and a user who is held out could keep everybody's rows out of training by",
  "repeating them. The cap now comes before rows are compared, and who was beyond it is not believed against another.",
  "",
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}: ${plan.length} trainings and their tests of ${(seconds / plan.length).toFixed(0)} s on average, some at once.`,
  "",
  "| seed | like the others | hostile, capped | hostile, no caps |",
  "|---|---|---|---|",
  ...seedsOf.honest.map((seed) => `| ${seed} | ${arms.map((arm) => (seedsOf[arm].includes(seed) ? percent(outcome(seed, arm).accuracy) : "")).join(" | ")} |`), // prettier-ignore
  "",
].join("\n");
if (values.write) writeFileSync(PAGE, page);
else console.log(page);
console.error(`caps on: ${points(capped.estimate)} points lost, at most ${points(capped.high)}; caps off: ${points(free.estimate)}`); // prettier-ignore
if (!isHeld || !isFurther) process.exitCode = 1;
