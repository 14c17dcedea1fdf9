import { FlywheelError, type HumanEstimate } from "@flywheel/protocol";
import type { Score } from "../evaluators/score.ts";
import { pairedShareDifference } from "../statistics/paired-share.ts";
import { predictionPoweredMean } from "../statistics/prediction-powered.ts";
import { hashOf } from "./examples.ts";
import type { Answered } from "./scores.ts";
import { clusterOf, toMeanInterval } from "./summary.ts";

/** What a person said of one answer to one row: a line of a file of labels. */
export interface Label {
  /** The row's id. */
  readonly id: string;
  /** The answer that was read. */
  readonly output: string;
  /** 0 to 1; `null`: not yet. */
  readonly score: number | null;
}

/** A label still to be given, with what one must know to give it. What the judge said is not there: it would sway. */
export interface OpenLabel extends Label {
  readonly input: unknown;
  readonly expected?: unknown;
  readonly score: null;
}

/** Below this many nothing is said. */
export const FEWEST_LABELS = 10;

/** Throws `config_invalid` naming the first line that is none. */
export function readLabels(lines: readonly unknown[], place: string): Label[] {
  return lines.map((line, index) => {
    const { id, output, score } = (line ?? {}) as Partial<Label>;
    const isScore = score === null || (typeof score === "number" && score >= 0 && score <= 1);
    if (typeof id === "string" && typeof output === "string" && isScore) return { id, output, score };
    throw new FlywheelError("config_invalid", { reason: `${place}, label ${index + 1} must be {"id": "…", "output": "…", "score": 0 to 1, or null}.` }); // prettier-ignore
  });
}

/**
 * What people would say, where labels are of rows that were chosen by chance. A row of the file whose answer is another
 * one now, or has no score yet, would leave those that were easy to label: then nothing is said until it is labelled or
 * taken out of the file. Rows that the judge could not score are left out on both sides.
 */
export function humanEstimate(
  labels: readonly Label[],
  rows: readonly Answered[],
  scores: readonly Score[],
): HumanEstimate {
  const chosen = new Set(labels.map(({ id }) => id));
  const given = scoresByAnswer(labels);
  const judged = rows.flatMap((row, i) => {
    const { score } = scores[i]!;
    return score === null ? [] : [{ cluster: clusterOf(row.example), score, isChosen: chosen.has(row.example.id), label: labelOf(row, given) }]; // prettier-ignore
  });
  const labelled = judged.flatMap(({ label, ...row }) => (row.isChosen && label !== undefined ? [{ ...row, label }] : [])); // prettier-ignore
  const open = judged.filter(({ isChosen, label }) => isChosen && label === undefined).length;
  const users = new Set(labelled.map(({ cluster }) => cluster)).size;
  const reason = reasonFor(labelled.length, users, open);
  if (reason !== "") return { mean: null, reason, labels: labelled.length, effective_labels: null, judge_above: null };
  const others = judged.filter(({ isChosen }) => !isChosen);
  const [people, judge] = [labelled.map(({ label }) => label), labelled.map(({ score }) => score)];
  const clusters = { labelled: labelled.map(({ cluster }) => cluster), others: others.map(({ cluster }) => cluster) };
  const powered = predictionPoweredMean(people, judge, others.map(({ score }) => score), { clusters }); // prettier-ignore
  return {
    mean: toMeanInterval(powered),
    reason,
    labels: labelled.length,
    effective_labels: powered.effectiveLabels,
    judge_above: toMeanInterval(pairedShareDifference(people, judge, { clusters: clusters.labelled })),
  };
}

function reasonFor(labels: number, users: number, open: number): string {
  if (labels + open === 0) return "no answer of this run was chosen to be labelled";
  if (open > 0) return `${open} of the ${labels + open} answers that were chosen have no label`;
  if (labels < FEWEST_LABELS) return `${labels} labels are too few; at least ${FEWEST_LABELS} are needed`;
  if (users < FEWEST_LABELS) return `labels of ${users} users' rows are too few; at least ${FEWEST_LABELS} are needed`;
  return "";
}

/** Several people's scores of the same answer are one, their mean. */
function scoresByAnswer(labels: readonly Label[]): Map<string, number> {
  const given = Map.groupBy(labels.filter(({ score }) => score !== null), answerKey); // prettier-ignore
  const meanOf = (some: readonly Label[]) => some.reduce((sum, { score }) => sum + score!, 0) / some.length;
  return new Map([...given].map(([key, some]) => [key, meanOf(some)]));
}

const answerKey = ({ id, output }: Pick<Label, "id" | "output">) => `${id}\n${output}`;

/** No answer is worth 0 to anybody. */
const labelOf = ({ example, answer }: Answered, given: ReadonlyMap<string, number>): number | undefined =>
  answer.error === "" ? given.get(answerKey({ id: example.id, output: answer.output })) : 0;

/**
 * What is still to be labelled so that `count` rows are, or all that were chosen before: rows come in the order of their ids' hashes,
 * which has nothing to do with how well they were answered.
 */
export function openLabels(labels: readonly Label[], rows: readonly Answered[], count: number): OpenLabel[] {
  const chosen = new Set(labels.map(({ id }) => id));
  const known = new Set(labels.map(answerKey));
  const before = rows.filter(({ example }) => chosen.has(example.id));
  const byChance = rows
    .filter(({ example }) => !chosen.has(example.id))
    .toSorted((a, b) => (hashOf(a.example.id) < hashOf(b.example.id) ? -1 : 1));
  return [...before, ...byChance.slice(0, Math.max(0, count - before.length))]
    .filter(({ example: { id }, answer: { output, error } }) => error === "" && !known.has(answerKey({ id, output })))
    .map(({ example: { id, input, expected }, answer: { output } }) => ({ id, input, ...(expected !== undefined && { expected }), output, score: null })); // prettier-ignore
}
