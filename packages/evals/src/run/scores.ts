import { FlywheelError } from "@flywheel/protocol";
import { compare, judge } from "../evaluators/judge.ts";
import { fields } from "../evaluators/fields.ts";
import type { Score } from "../evaluators/score.ts";
import { similarity } from "../evaluators/similarity.ts";
import { asText, exact, number, regex } from "../evaluators/text.ts";
import { type BothOrders, verdictScore } from "../statistics/agreement.ts";
import type { Answer } from "./answers.ts";
import type { Evaluator } from "./definition.ts";
import { type EvalExample, hashOf } from "./examples.ts";
import { type Journal, modelKey } from "./journal.ts";
import { type ModelApi, ModelFailure, ModelRefusal } from "./model-api.ts";
import { inParallel } from "./parallel.ts";

/** What the project's code returned for an input of an evaluator, or threw. */
export type CallCode = (
  evaluator: number,
  inputs: readonly unknown[],
) => Promise<({ value: unknown } | { error: string })[]>;

export interface Scoring {
  readonly api: ModelApi;
  readonly journal: Journal;
  readonly callCode: CallCode;
  /** What stands behind a model's name now, as in `RunInput`. */
  readonly behind: Readonly<Record<string, string>>;
  /** Dollars that a generation cost; `null` where nobody knows. */
  costOf(generationId: string): Promise<number | null>;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** One row with its answer, and the answer it is compared with. */
export interface Answered {
  readonly example: EvalExample;
  readonly answer: Answer;
  readonly other: Answer | undefined;
}

/** Scores of one evaluator, row by row. What a model says as a judge is kept, so that it is asked only once. */
export async function scoreAll(evaluator: Evaluator, rows: readonly Answered[], scoring: Scoring): Promise<Score[]> {
  if (evaluator.type === "code") return codeScores(evaluator.index, rows, scoring);
  const scores: Score[] = [];
  await inParallel(rows, scoring.concurrency, scoring.signal, async (row, index) => {
    scores[index] = await scoreRow(evaluator, row, scoring);
  });
  return scores;
}

async function scoreRow(
  evaluator: Exclude<Evaluator, { type: "code" }>,
  row: Answered,
  scoring: Scoring,
): Promise<Score> {
  const { answer, example } = row;
  if (answer.error !== "") return { score: 0, detail: `no answer: ${answer.error}` };
  const needsExpected = evaluator.type === "exact" || evaluator.type === "json" || evaluator.type === "number";
  if (needsExpected && example.expected === undefined)
    return { score: null, detail: "the row has no expected answer", isInapplicable: true };
  try {
    return await (ASK[evaluator.type] as Ask<typeof evaluator>)(evaluator, row, scoring);
  } catch (error) {
    if (error instanceof ModelRefusal)
      throw new FlywheelError("config_invalid", { reason: `${evaluator.name}: ${error.message}` });
    if (!(error instanceof ModelFailure)) throw error;
    return { score: null, detail: error.message };
  }
}

type Of<Type extends Evaluator["type"]> = Extract<Evaluator, { type: Type }>;
type Judging = { model: string; rubric: string };
type Ask<E> = (evaluator: E, row: Answered, scoring: Scoring) => Score | Promise<Score>;

const ASK: { [Type in Exclude<Evaluator["type"], "code">]: Ask<Type extends "judge" | "pairwise" ? Judging : Of<Type>> } = {
  exact: ({ ignoreCase }, { answer, example }) => exact(answer.output, example.expected, ignoreCase),
  json: (evaluator, { answer, example }) => fields(answer.output, example.expected, evaluator.fields),
  regex: ({ pattern }, { answer }) => regex(answer.output, pattern),
  number: ({ tolerance, relative }, { answer, example }) => number(answer.output, example.expected, tolerance, relative),
  similarity: ({ model, atLeast }, { answer, example }, scoring) =>
    kept(scoring, ["similarity", ...modelKey(model, scoring), atLeast, answer.output, example.expected], () =>
      similarity(scoring.api, { model, atLeast }, answer.output, example.expected),
    ),
  judge: ({ model, rubric }, { answer, example: { input, expected } }, scoring) =>
    kept(scoring, ["judge", ...modelKey(model, scoring), rubric, input, expected, answer.output], () =>
      judge(scoring.api, { model, rubric }, { input, output: answer.output, expected }),
    ),
  pairwise: comparePair,
  latency: ({ atMost }, { answer: { seconds } }) => ({ score: seconds <= atMost ? 1 : 0, detail: `${seconds.toFixed(3)} s` }),
  async cost({ atMost }, { answer }, scoring) {
    const dollars = await scoring.costOf(answer.generation_id);
    if (dollars === null) return { score: null, detail: "nobody knows its cost" };
    return { score: dollars <= atMost ? 1 : 0, detail: `$${dollars.toFixed(6)}` };
  },
}; // prettier-ignore

/** The score is that of the answer; the other one is the baseline's, or the expected one. */
async function comparePair({ model, rubric }: Judging, row: Answered, scoring: Scoring): Promise<Score> {
  const { answer, other, example } = row;
  if (!other && example.expected === undefined)
    return { score: null, detail: "there is nothing to compare with", isInapplicable: true };
  const rival = other?.output ?? asText(example.expected);
  if (rival === answer.output) return { score: 0.5, detail: "the same answer" };
  const key = `pair ${hashOf([...modelKey(model, scoring), rubric, example.input, rival, answer.output])}`;
  const known = scoring.journal.get(key) as BothOrders | undefined;
  const verdicts = known ?? (await compare(scoring.api, { model, rubric }, example.input, [rival, answer.output]));
  const score = verdictScore(verdicts);
  if (score === null) return { score, detail: "the judge named neither", verdicts };
  if (!known) scoring.journal.put(key, verdicts);
  return { score, detail: score === 0.5 ? "another verdict in the other order" : "", verdicts };
}

async function kept(scoring: Scoring, what: unknown[], ask: () => Promise<Score>): Promise<Score> {
  const key = `score ${hashOf(what)}`;
  const known = scoring.journal.get(key) as Score | undefined;
  if (known) return known;
  const score = await ask();
  if (score.score !== null) scoring.journal.put(key, score);
  return score;
}

async function codeScores(index: number, rows: readonly Answered[], { callCode }: Scoring): Promise<Score[]> {
  const inputs = rows.map(({ example: { input, expected }, answer: { output } }) => ({ input, expected, output }));
  const results = await callCode(index, inputs);
  return results.map((result, i): Score => {
    if (rows[i]!.answer.error !== "") return { score: 0, detail: `no answer: ${rows[i]!.answer.error}` };
    if ("error" in result) return { score: null, detail: result.error };
    const score = Number(result.value);
    const isScore = ["number", "boolean"].includes(typeof result.value) && score >= 0 && score <= 1;
    return isScore ? { score, detail: "" } : { score: null, detail: `${asText(result.value)} is no score from 0 to 1` };
  });
}
