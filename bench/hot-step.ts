// Preference pairs tuned too hot destroy what the model could do, tuned gently they do not; the gate must tell: npm run bench -- hot-step [--write]
import { rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "@flywheel/evals/statistics";
import { type Evidence, HEADER, type Job, type TrainingMessage } from "@flywheel/protocol";
import { createProgress } from "../apps/cli/src/progress.ts";
import { flywheel as run } from "../tests/system/command.ts";
import { removeFolder, startFlywheel, temporaryFolder } from "../tests/system/flywheel.ts";
import { type Message, messagesOf, shuffled } from "./hot-step/messages.ts";

const PAGE = new URL("../docs/reference/hot-step.md", import.meta.url);
const { values } = parseArgs({ options: { seed: { type: "string", default: "6" }, write: { type: "boolean", default: false } } }); // prettier-ignore
const seed = Number(values.seed);

/** Pairs to learn from, held-out messages of the goal, messages of the base task, and pairs of it for those who mix them in. */
const [PAIRS, GOAL, BASE, REMINDERS] = [200, 80, 400, 100];
const LABELS = 4;
const AT_ONCE = 4;
/** Where the first of several sentences ends. */
const FIRST_END = /(?<=[.!?]) (?=[A-Z])/;
/** The same pairs, and the same seed of training; the last learns the base task's beside them. */
const STEPS: readonly Step[] = [
  { name: "hot", dataset: "brief", rate: 2e-3, epochs: 2, route: "fast" },
  { name: "gentle", dataset: "brief", rate: 2e-4, epochs: 2, route: "default" },
  { name: "reminded", dataset: "reminded", rate: 2e-4, epochs: 2, route: "careful" },
];

interface Step {
  name: string;
  dataset: string;
  rate: number;
  epochs: number;
  /** One each: the decisions on a route share how often they may be wrong. */
  route: string;
}

interface Outcome {
  step: Step;
  exitCode: number | null;
  evidence: Evidence;
  /** Of held-out pairs. */
  loss: { before: number; after: number };
  seconds: number;
}

const [banking, clinc] = [messagesOf("banking77", seed), messagesOf("clinc150", seed)];
if (!banking || !clinc) {
  console.error("hot-step: skipped, for there are no messages: set FLYWHEEL_TEST_DATA to a folder that holds intents/banking77.train.jsonl"); // prettier-ignore
  process.exit(0);
}

const projectDir = temporaryFolder("hot-step");
writeFileSync(join(projectDir, "flywheel.config.ts"), `export default { routes: { careful: ["local/spark"] } };\n`);
const flywheel = await startFlywheel({ projectDir });
const progress = createProgress();
const began = Date.now();
const inFolder = (...args: string[]) => run([...args, "--data", flywheel.dataDir]);
const outcomes: Outcome[] = [];
try {
  const brief = await briefRows(banking);
  const [base, reminders] = [clinc.slice(0, BASE), clinc.slice(BASE, BASE + REMINDERS)];
  await importRows("brief", brief);
  await importRows("triage", triageRows(base).map(asHeldOut));
  await importRows("reminded", [...brief, ...triageRows(reminders).map(asPair)]);
  for (const step of STEPS) outcomes.push(await tried(step));
} finally {
  progress.end();
  await flywheel.stop();
  removeFolder(flywheel.dataDir);
}
report();

async function ask(model: string, messages: readonly TrainingMessage[]): Promise<string> {
  const response = await fetch(`${flywheel.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${flywheel.key}`, "content-type": "application/json", [HEADER.cache]: "off" },
    body: JSON.stringify({ model, messages, temperature: 0 }),
  });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
}

function user(content: string): TrainingMessage[] {
  return [{ role: "user", content }];
}

function lineage(user_id: string) {
  return { generation_ids: [], event_ids: [], user_id };
}

/** Where spark's answer has several sentences, the first alone is the better answer. */
async function briefRows(messages: readonly Message[]): Promise<object[]> {
  const rows: object[] = [];
  for (let at = 0; at < messages.length && rows.length < PAIRS + GOAL; at += AT_ONCE) {
    const some = messages.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map(({ text }) => ask("local/spark", user(text))));
    for (const [i, answer] of answers.entries()) {
      const first = answer.split(FIRST_END)[0]!;
      if (first !== answer && rows.length < PAIRS + GOAL)
        rows.push(briefRow(rows.length, some[i]!.text, first, answer));
    }
    progress.at(rows.length / (PAIRS + GOAL), "asking spark");
  }
  return rows;
}

function briefRow(n: number, asked: string, first: string, whole: string): object {
  const row = { id: `b${n}`, messages: user(asked), weight: 1, lineage: lineage(`user-${n}`) };
  if (n >= PAIRS) return { ...row, kind: "example", split: "holdout", completion: first, response_schema: null };
  return { ...row, kind: "preference", split: n % 10 === 9 ? "eval" : "train", chosen: first, rejected: whole };
}

interface Triage {
  id: string;
  messages: TrainingMessage[];
  right: string;
  wrong: string;
}

/** What spark can do already: one of the labels that the prompt offers. */
function triageRows(messages: readonly Message[]): Triage[] {
  const random = createRandom(seed + 1);
  const topics = [...new Set(messages.map(({ topic }) => topic))];
  return messages.map(({ text, topic }, i) => {
    const others = shuffled(topics.filter((each) => each !== topic), random).slice(0, LABELS - 1); // prettier-ignore
    const labels = shuffled([topic, ...others], random);
    const system = { role: "system" as const, content: `Answer only with one of these labels: ${labels.join(", ")}` };
    return { id: `t${i}`, messages: [system, ...user(text)], right: topic, wrong: others[0]! };
  });
}

function asHeldOut({ id, messages, right }: Triage): object {
  return { id, kind: "example", split: "holdout", messages, completion: right, response_schema: null, weight: 1, lineage: lineage(`user-${id}`) }; // prettier-ignore
}

function asPair({ id, messages, right, wrong }: Triage, n: number): object {
  const split = n % 10 === 9 ? "eval" : "train";
  return { id, kind: "preference", split, messages, chosen: right, rejected: wrong, weight: 1, lineage: lineage(`user-${id}`) }; // prettier-ignore
}

async function importRows(name: string, rows: readonly object[]): Promise<void> {
  const file = join(tmpdir(), `flywheel-hot-step-${process.pid}.jsonl`);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  const { code, stderr } = await inFolder("dataset", "import", file, "--name", name);
  rmSync(file);
  if (code !== 0) throw new Error(stderr);
}

async function tried(step: Step): Promise<Outcome> {
  const { name, dataset, rate, epochs, route } = step;
  const args = ["--name", name, "--rate", String(rate), "--epochs", String(epochs), "--promote-if", "better", "--route", route, "--protect", "triage"]; // prettier-ignore
  const { code, stdout, stderr } = await inFolder("tune", dataset, ...args, "--json");
  const job = JSON.parse(stdout.trim().split("\n").at(-1) || "null") as Job | null;
  if (!job?.evidence) throw new Error(stderr);
  console.error(`${name}: exit code ${code}. ${job.evidence.reason}`);
  return {
    step,
    exitCode: code,
    evidence: job.evidence,
    loss: job.report!.validation_loss!,
    seconds: job.report!.seconds,
  };
}

function report(): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const points = (share: number | null) => (share === null ? "?" : `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`); // prettier-ignore
  const range = ({ low, high }: { low: number | null; high: number | null }) => `${points(low)} to ${points(high)} points`; // prettier-ignore
  const [hot, reminded] = [outcomes[0]!, outcomes.at(-1)!];
  const isCaught = hot.evidence.code === "slice_worse" && hot.exitCode === 4;
  const isKept = reminded.evidence.promoted && reminded.exitCode === 0;
  const rows = outcomes.map(({ step: { name, rate, epochs }, evidence, exitCode }) => {
    const base = evidence.slices[0]!;
    return `| ${name}: rate ${rate}, ${epochs} epochs | ${percent(evidence.baseline.estimate)} → ${percent(evidence.candidate.estimate)} (${range(evidence.difference)}) | ${percent(base.baseline)} → ${percent(base.candidate)} (${range(base.difference!)}) | ${evidence.promoted ? "promoted" : `refused (\`${evidence.code}\`)`}, exit code ${exitCode} |`; // prettier-ignore
  });
  const page = [
    "# A step too hot",
    "",
    "<!-- Written by `npm run bench -- hot-step --write`. -->",
    "",
    `${PAIRS} pairs of answers teach spark to be brief: the better answer is the first sentence of its own. They are tuned on (DPO)`,
    `three times: far too fast, gently, and gently with ${REMINDERS} pairs of the base task among them (the right label, and another that was`,
    "offered). Which model takes the route's front is decided by this command each time:",
    "",
    "```sh",
    "flywheel tune brief --rate 0.002 --epochs 2 --promote-if better --route fast --protect triage",
    "```",
    "",
    "| step | goal: the first sentence alone | base task: triage | decision |",
    "|---|---|---|---|",
    ...rows,
    "",
    `Wanted: the hot step refused because of the base task: **${isCaught ? "so it is" : "not kept"}**; the one that is reminded promoted: **${isKept ? "so it is" : "not kept"}**.`,
    "",
    `*Goal*: of ${GOAL} held-out messages of BANKING77 whose answer had several sentences, those answered with just the first. *Triage*: ${BASE}`,
    `messages of CLINC150, each with one of ${LABELS} labels that the prompt offers; none of them is learned from, and the dataset is protected.`,
    "95 % intervals of the differences.",
    "",
    `The reason that the hot one was given: “${hot.evidence.reason}”`,
    "",
    "The losses tell nothing of it: those of the pairs held out fell",
    `${outcomes.map(({ step, loss }) => `from ${loss.before.toFixed(3)} to ${loss.after.toPrecision(2)} (${step.name})`).join(", ")}.`,
    "",
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}; ${outcomes.map(({ step, seconds }) => `${step.name} ${seconds.toFixed(0)} s of training`).join(", ")}, ${Math.round((Date.now() - began) / 1000)} s in all, load ${loadavg()[0]!.toFixed(1)}.`, // prettier-ignore
    "",
  ].join("\n");
  if (values.write) writeFileSync(PAGE, page);
  else console.log(page);
  if (!isCaught || !isKept) process.exitCode = 1;
}
