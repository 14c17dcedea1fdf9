import { type EvalRun, type EvalScore, type EvaluatorResult, newId } from "@flywheel/protocol";
import type { Score } from "../evaluators/score.ts";
import { measureVariability } from "../variability/measure.ts";
import { promptVariants } from "../variability/variants.ts";
import { type Answer, askAll, type Asking } from "./answers.ts";
import type { Definition, Prompt } from "./definition.ts";
import type { EvalExample } from "./examples.ts";
import { checkGate } from "./gate.ts";
import type { Journal } from "./journal.ts";
import type { ModelApi } from "./model-api.ts";
import { humanEstimate, type Label } from "./labels.ts";
import { powerOfRun } from "./plan.ts";
import { type Answered, type CallCode, scoreAll, type Scoring } from "./scores.ts";
import { clusterOf, compareScores, summarise } from "./summary.ts";

export interface RunInput {
  readonly name: string;
  readonly definition: Definition;
  readonly examples: readonly EvalExample[];
  readonly model: string;
  /** Another model, on the same rows. */
  readonly against: string | undefined;
  /** Also ask in other words and other formats. */
  readonly variants: boolean;
  readonly api: ModelApi;
  readonly journal: Journal;
  readonly prompt: Prompt | undefined;
  readonly callCode: CallCode;
  costOf(generationId: string): Promise<number | null>;
  /** What stands behind the name of a model now, where that can change: a route's first model, an endpoint's build. */
  readonly behind: Readonly<Record<string, string>>;
  /** What people said of some answers, by the name of the judge. */
  readonly labels?: Readonly<Record<string, readonly Label[]>>;
  /** Requests at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** @param share 0 to 1 */
  onProgress(share: number, text: string): void;
}

export interface RunResult {
  readonly run: EvalRun;
  readonly scores: EvalScore[];
  readonly rows: readonly Answered[];
  /** Of the primary evaluator, row by row, for who wants to decide by them. */
  readonly primary: { candidate: readonly Score[]; baseline: readonly Score[] | null };
}

/**
 * Runs an evaluation. Everything a model says is kept in the journal as it comes, so a run that is cut off, by
 * `signal` or by a crash, goes on where it was when it is run again.
 */
export async function runEval(input: RunInput): Promise<RunResult> {
  const began = Date.now();
  const { definition, examples, journal } = input;
  const scoring: Scoring = input;
  let reused = 0;
  const ask = (model: string, prompt: Prompt | undefined): Promise<Answer[]> => {
    const asking: Asking = { ...input, model, prompt, onAnswer };
    function onAnswer(done: number, wasKept: boolean): void {
      if (wasKept) reused++;
      input.onProgress(done / examples.length, `${model} ${done} of ${examples.length}`);
    }
    return askAll(examples, asking);
  };
  const baseline = input.against === undefined ? undefined : await ask(input.against, input.prompt);
  const answers = await ask(input.model, input.prompt);
  const rows = answered(examples, answers, baseline);
  const results = new Map<string, Score[]>();
  for (const evaluator of definition.evaluators) {
    input.onProgress(1, `scoring: ${evaluator.name}`);
    results.set(evaluator.name, await scoreAll(evaluator, rows, scoring));
  }
  const primary = definition.evaluators.find(({ name }) => name === definition.primary)!;
  const candidateScores = results.get(primary.name)!;
  const baselineScores = baseline ? await scoreBaseline() : null;
  /** A judge that compares has said already what it thinks of the other one. */
  async function scoreBaseline(): Promise<Score[]> {
    if (primary.type === "pairwise") return candidateScores.map(mirrored);
    return scoreAll(primary, answered(examples, baseline!, answers), scoring);
  }
  const comparison = baselineScores
    ? compareScores(input.against!, primary.name, examples, baselineScores, candidateScores)
    : null;
  const evaluators = definition.evaluators.map((evaluator): EvaluatorResult => {
    const scores = results.get(evaluator.name)!;
    const result = summarise(evaluator, examples, scores);
    if (evaluator.type !== "judge" || evaluator.labels === null) return result;
    return { ...result, human: humanEstimate(input.labels?.[evaluator.name] ?? [], rows, scores) };
  });
  const variants = input.variants ? promptVariants(definition.paraphrases) : [];
  const means = new Map<string, (number | null)[]>([["as written", candidateScores.map(({ score }) => score)]]);
  for (const { name, rewrite } of variants) {
    const said = await ask(input.model, rewrite(input.prompt));
    means.set(
      name,
      (await scoreAll(primary, answered(examples, said, undefined), scoring)).map(({ score }) => score),
    );
  }
  journal.put(`run ${began}`, { model: input.model, rows: examples.length });
  const run: EvalRun = {
    id: newId("run", began),
    name: input.name,
    created: began,
    model: input.model,
    rows: examples.length,
    users: new Set(examples.map(clusterOf)).size,
    unanswered: answers.filter(({ error }) => error !== "").length,
    evaluators,
    comparison,
    variability: variants.length === 0 ? null : measureVariability(means, examples.map(clusterOf)),
    gate: checkGate(definition, evaluators, comparison),
    power: powerOfRun(definition, examples),
    reused,
    seconds: (Date.now() - began) / 1000,
  };
  const scores = scoreRows(rows, results);
  if (baseline) addBaseline(scores, primary.name, baselineScores!, baseline);
  return { run, scores, rows, primary: { candidate: candidateScores, baseline: baselineScores } };
}

const answered = (
  examples: readonly EvalExample[],
  answers: readonly Answer[],
  others: readonly Answer[] | undefined,
): Answered[] => examples.map((example, i) => ({ example, answer: answers[i]!, other: others?.[i] }));

const mirrored = ({ score, detail }: Score): Score => ({ score: score === null ? null : 1 - score, detail });

const said = ({ score, detail }: Score) => ({ score, detail });

function scoreRows(rows: readonly Answered[], results: ReadonlyMap<string, readonly Score[]>): EvalScore[] {
  return [...results].flatMap(([evaluator, scores]) =>
    rows.map(({ example, answer }, i) => ({
      example: example.id,
      evaluator,
      ...said(scores[i]!),
      generation_id: answer.generation_id,
    })),
  );
}

function addBaseline(
  rows: readonly EvalScore[],
  primary: string,
  scores: readonly Score[],
  answers: readonly Answer[],
) {
  const compared = rows.filter(({ evaluator }) => evaluator === primary);
  compared.forEach((row, i) => (row.baseline = { ...said(scores[i]!), generation_id: answers[i]!.generation_id }));
}
