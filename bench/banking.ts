// The wheel on real data: BANKING77 as traffic, labels as users' edits, before and after, beside a linear SVM: npm run bench -- banking [--write]
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decide, openJournal } from "@flywheel/evals";
import { wilson } from "@flywheel/evals/statistics";
import type { Example } from "@flywheel/protocol";
import { createProgress } from "../apps/cli/src/progress.ts";
import { sharedData } from "../tests/recordings/shared-data.ts";
import { startFlywheel } from "../tests/system/flywheel.ts";
import { answersTo, buildExamples, type Desk, embeddings, EVENTS, sendOpinions, tune } from "./banking/desk.ts";
import { surest, trainLinear } from "../packages/tuning/src/classifier/linear.ts";
import { tfIdf } from "../packages/tuning/src/classifier/tf-idf.ts";
import { outliers } from "../packages/tuning/src/dataset/outliers.ts";
import { standardised } from "./banking/standardised.ts";
import { BEHAVIOUR, readRows } from "./banking/rows.ts";

const PAGE = new URL("../docs/reference/banking.md", import.meta.url);
const { values } = parseArgs({
  options: {
    /** How many are sent; all by default. */
    messages: { type: "string", default: "100000" },
    epochs: { type: "string", default: "8" },
    rate: { type: "string", default: "0.003" },
    rank: { type: "string", default: "16" },
    batch: { type: "string", default: "8" },
    seed: { type: "string", default: "77" },
    /** `--no-embeddings` leaves that arm out: on a busy machine it takes a quarter of an hour. */
    embeddings: { type: "boolean", default: true },
    write: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const found = sharedData("intents/banking77.train.jsonl");
if (!found) {
  console.error("banking: skipped, for there is no BANKING77: set FLYWHEEL_TEST_DATA to a folder that holds intents/banking77.train.jsonl"); // prettier-ignore
  process.exit(0);
}

const { intents, heldOut, ...rows } = readRows(found, Number(values.seed));
const traffic = rows.traffic.slice(0, Number(values.messages));
const run = createHash("sha256")
  .update(JSON.stringify([values.seed, BEHAVIOUR, traffic]))
  .update(readFileSync(new URL("../models/spark/spark.gguf", import.meta.url)))
  .digest("hex")
  .slice(0, 12);
const journals = join(tmpdir(), `flywheel-bench-banking-${run}`);
const projectDir = join(journals, "project");
mkdirSync(projectDir, { recursive: true });
writeFileSync(join(projectDir, "events.ts"), EVENTS);
// An interrupted run goes on where it was: the server keeps what it has, the journal what was asked and answered.
const journal = openJournal(join(journals, "journal.jsonl"));
const flywheel = await startFlywheel({ projectDir, dataDir: join(journals, "data") });
const bar = createProgress();
const grammar = `root ::= ${intents.map((intent) => JSON.stringify(intent)).join(" | ")}`;
const desk: Desk = { flywheel, journal, grammar, progress: (share, what) => bar.at(share, what) };
const hyperparameters = { epochs: Number(values.epochs), rate: Number(values.rate), rank: Number(values.rank), alpha: 2 * Number(values.rank), batch: Number(values.batch) }; // prettier-ignore

const note = (what: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
let page: string;
try {
  page = await turn();
} finally {
  bar.end();
  await flywheel.stop();
}
if (values.write) writeFileSync(PAGE, page);
else console.log(page);

async function turn(): Promise<string> {
  note(`${traffic.length} messages of ${BEHAVIOUR.users} users, ${heldOut.length} held out`);
  const served = await answersTo(desk, "local/spark", traffic, "traffic");
  const edits = await sendOpinions(desk, traffic, served);
  const examples = await buildExamples(desk);
  note(`${edits} edits, ${examples.length} examples to learn from`);
  // The baseline is asked while the job runs.
  const [job, asked] = await Promise.all([tune(desk, hyperparameters), answersTo(desk, "local/spark", heldOut, "before")]); // prettier-ignore
  const { seconds, tokens, validation_loss } = job.report!;
  note(`tuned in ${seconds.toFixed(0)} s, ${tokens} tokens, validation loss ${JSON.stringify(validation_loss)}`);
  const before = rightOf(asked);
  const after = rightOf(await answersTo(desk, job.candidate, heldOut, `after ${job.id}`));
  const usual = mostUsual(examples);
  const decision = decide(heldOut.map(({ intent }, i) => ({ id: String(i), baseline: Number(before[i]), candidate: Number(after[i]), constant: Number(intent === usual) }))); // prettier-ignore
  note(decision.reason);
  const arms: [string, boolean[]][] = [
    ["`local/spark` before", before],
    [`after tuning (rank ${values.rank}, ${values.epochs} epochs, batch ${values.batch}, rate ${values.rate})`, after],
    [`always “${usual}”, the most usual`, heldOut.map(({ intent }) => intent === usual)],
    ...(values.embeddings
      ? [["spark's embeddings, linear SVM", await withEmbeddings(examples)] as [string, boolean[]]]
      : []),
    ["TF-IDF, linear SVM", await withTfIdf(examples.map((row) => [textOf(row), row.completion]))],
    [`the same, of all ${rows.traffic.length.toLocaleString("en")} messages, each with its right intent`, await withTfIdf(rows.traffic.map(({ text, intent }) => [text, intent]))], // prettier-ignore
  ];
  for (const [name, right] of arms) note(`${name}: ${share(right)}`);
  return pageOf({ arms, decision, edits, examples: examples.length, leftOut: await leftOut(), seconds, tokens });
}

/** Shares of what users say rightly and wrongly that the dataset leaves out as an outlier. */
async function leftOut(): Promise<{ right: number; wrong: number }> {
  const spoken = traffic.filter(({ opinion }) => opinion !== undefined);
  const out = new Set(await outliers(spoken.map(({ text, opinion, user }) => ({ text, answer: opinion!, user }))));
  const shareOf = (isRight: boolean) => {
    const some = [...spoken.keys()].filter((i) => (spoken[i]!.opinion === spoken[i]!.intent) === isRight);
    return some.filter((i) => out.has(i)).length / some.length;
  };
  return { right: shareOf(true), wrong: shareOf(false) };
}

function rightOf(answers: readonly { text: string }[]): boolean[] {
  return answers.map(({ text }, i) => text === heldOut[i]!.intent);
}

function mostUsual(examples: readonly Example[]): string {
  const groups = [...Map.groupBy(examples, ({ completion }) => completion)];
  return groups.toSorted((a, b) => b[1].length - a[1].length)[0]![0];
}

function textOf({ messages }: Example): string {
  return messages.at(-1)!.content;
}

async function withTfIdf(taught: readonly [text: string, intent: string][]): Promise<boolean[]> {
  const features = tfIdf(taught.map(([text]) => text));
  const vectors = taught.map(([text]) => features.of(text));
  const classify = await trainLinear(vectors, taught.map(([, intent]) => intent), features.width); // prettier-ignore
  return heldOut.map(({ text, intent }) => surest(classify(features.of(text))) === intent);
}

async function withEmbeddings(examples: readonly Example[]): Promise<boolean[]> {
  const vectors = await embeddings(desk, [...examples.map(textOf), ...heldOut.map(({ text }) => text)]);
  const own = vectors.slice(0, examples.length);
  const scaled = standardised(own);
  const classify = await trainLinear(
    own.map(scaled),
    examples.map(({ completion }) => completion),
    own[0]!.length + 1,
    { cost: 10 },
  );
  return heldOut.map(({ intent }, i) => surest(classify(scaled(vectors[examples.length + i]!))) === intent);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function points(more: number): string {
  return `${((100 * more) / heldOut.length).toFixed(1)} points`;
}

function share(right: readonly boolean[]): string {
  const { estimate, low, high } = wilson(right.filter(Boolean).length, right.length);
  return `${percent(estimate)} (${percent(low)} to ${percent(high)})`;
}

interface Found {
  arms: [string, boolean[]][];
  decision: ReturnType<typeof decide>;
  edits: number;
  examples: number;
  leftOut: { right: number; wrong: number };
  seconds: number;
  tokens: number;
}

function pageOf({ arms, decision, edits, examples, leftOut, seconds, tokens }: Found): string {
  const [tuned, rival] = [arms[1]![1], arms.at(-2)![1]].map((right) => right.filter(Boolean).length) as [number, number]; // prettier-ignore
  return [
    "# BANKING77 through the wheel",
    "",
    "<!-- Written by `npm run bench -- banking --write`. -->",
    "",
    `Messages of a bank's customers (BANKING77, ${intents.length} intents) are sent to a running server. ${BEHAVIOUR.users} users write ${traffic.length.toLocaleString("en")} of them;`,
    `${percent(BEHAVIOUR.signals)} of the answers get a signal, ${percent(BEHAVIOUR.wrong)} of the signals are wrong. The right intent is told by edits alone (${edits.toLocaleString("en")}).`,
    `The dataset of them holds ${examples.toLocaleString("en")} examples, and the built-in trainer tunes spark on it. All that learn are given the same`,
    `examples, noise included. Right answers among ${heldOut.length.toLocaleString("en")} messages that nobody sent, a tenth of every intent, with 95 % intervals:`,
    "",
    "| | right |",
    "|---|---|",
    ...arms.map(([name, right]) => `| ${name} | ${share(right)} |`),
    "",
    `What is plainly not what the others say of such messages is left out of a dataset: here ${percent(leftOut.wrong)} of what users say wrongly`,
    `and ${percent(leftOut.right)} of what they say rightly.`,
    "",
    `\`decide\`: **${decision.promoted ? "promoted" : "not promoted"}**. ${decision.reason}`,
    "",
    rival > tuned
      ? `**The linear SVM wins**, by ${points(rival - tuned)}: for sorting alone it is the better tool, and it learns in seconds.`
      : `The tuned model is ahead of the linear SVM by ${points(tuned - rival)}.`,
    "",
    `BANKING77 has ${rows.traffic.length.toLocaleString("en")} messages to send (without exact duplicates, and without those held out). \`--messages\` sends fewer; the last row is what`,
    "is lost by that and by what users leave out and say wrongly. Nothing was chosen by the held-out messages.",
    "",
    "Spark is asked with the message alone; its answers, before and after, are held to the intents by a grammar, for a list",
    "of them would fill its context. Spark was not trained on BANKING77.",
    "",
    `${tokens.toLocaleString("en")} tokens learned from in ${(seconds / 60).toFixed(1)} minutes: ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0]!.toFixed(0)} at the end.`,
    "",
  ].join("\n");
}
