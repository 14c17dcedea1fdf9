import { setTimeout as sleep } from "node:timers/promises";
import { type ApiAddress, createModelApi, decide, type DecisionRules, detectableDifference, inParallel, type Journal, type ModelApi, ModelFailure, type PairedScore } from "@flywheel/evals"; // prettier-ignore
import { type DecisionLevel, type Evidence, type Example, FlywheelError } from "@flywheel/protocol";
import { type AnsweredPair, evidenceOf } from "./evidence.ts";
import { isSameAnswer } from "./same-answer.ts";
import { readProtected, slicesOf } from "./slices.ts";

/** Two models, and what they are compared by. */
export interface Comparison {
  route: string;
  /** Models as clients name them. */
  baseline: string;
  candidate: string;
  /** `name@version` of whose examples these are. */
  dataset: string;
  examples: readonly Example[];
  /** What they learned from: the most usual of these answers must not do as well. */
  training: readonly Example[];
  /** As `JobPromotion.protect` says. */
  protect: readonly string[];
  /** The held-out examples of a dataset that must not get worse. */
  heldOut(dataset: string): Promise<readonly Example[]>;
  rules?: Pick<DecisionRules, "margin" | "sliceMargin">;
  level: DecisionLevel;
}

export interface ComparisonContext {
  /** The public API: models are asked like anyone asks them. */
  address: ApiAddress;
  /** Keeps answers, so that a comparison that was cut off goes on. */
  journal: Journal;
  signal: AbortSignal;
  onProgress(done: number, of: number): void;
}

const AT_ONCE = 4;
/** What a model and its tuned successor usually differ in. */
const USUAL_DISCORDANCE = 0.2;

/** The difference that so many examples find in 80 % of the cases, known before anyone is asked. */
export function detectableWith(examples: number, { alpha }: Pick<DecisionLevel, "alpha">): number {
  return detectableDifference({ discordance: USUAL_DISCORDANCE, alpha, sides: 1 }, examples, 0.8);
}

interface Question {
  example: Example;
  slices: string[];
  isGuard: boolean;
}

/**
 * Asks both models every held-out example, at temperature 0 and past the cache, and decides by their answers.
 * Throws `dataset_unfit` where there is nothing to ask, `invalid_request` for a slice that no example belongs to.
 */
export async function compareModels(comparison: Comparison, context: ComparisonContext): Promise<Evidence> {
  const began = Date.now();
  const questions = await questionsOf(comparison);
  const usual = mostUsual(comparison.training.map(({ completion }) => completion));
  const detectable = detectableWith(questions.filter(({ isGuard }) => !isGuard).length, comparison.level);
  context.onProgress(0, questions.length);
  const api = createModelApi(context.address, context.signal);
  await isServed(context, [comparison.candidate]);
  const pairs: AnsweredPair[] = [];
  const scores: PairedScore[] = [];
  await inParallel(questions, AT_ONCE, context.signal, async ({ example, slices, isGuard }) => {
    const baseline = await answer(api, comparison.baseline, example, context);
    const candidate = await answer(api, comparison.candidate, example, context);
    const right = [baseline, candidate].map(({ text }) => text !== null && isSameAnswer(text, example.completion));
    const user = isGuard ? `${slices[0]} ${example.lineage.user_id}` : example.lineage.user_id;
    const id = `${isGuard ? slices[0] : ""} ${example.id}`.trim();
    scores.push({ id, user: example.lineage.user_id === "" ? "" : user, baseline: Number(right[0]), candidate: Number(right[1]), ...(usual !== undefined && { constant: Number(isSameAnswer(usual, example.completion)) }), slices, isGuard }); // prettier-ignore
    if (!isGuard) pairs.push({ example, baseline, candidate, baselineRight: right[0]!, candidateRight: right[1]! });
    context.onProgress(scores.length, questions.length);
  });
  const protectedSlices = [...new Set(questions.flatMap(({ slices }) => slices))].toSorted();
  const decision = decide(scores, { ...comparison.rules, alpha: comparison.level.alpha, protectedSlices });
  return evidenceOf({ comparison, decision, scores, pairs, detectable, began });
}

function mostUsual(answers: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}

type Asked = Pick<Comparison, "dataset" | "examples" | "protect" | "heldOut">;

/** Throws what would keep models from being compared, so that it is known before anything is trained. */
export async function checkComparison(asked: Asked): Promise<void> {
  await questionsOf(asked);
}

async function questionsOf({ dataset, examples, protect, heldOut }: Asked): Promise<Question[]> {
  const { fields, datasets } = readProtected(protect);
  if (examples.length === 0) throw nothingHeldOut(dataset, "so there is nothing to decide by");
  const own = examples.map((example) => ({ example, slices: slicesOf(example, fields), isGuard: false }));
  for (const { field, value } of fields)
    if (!own.some(({ slices }) => slices.some((slice) => slice === `${field}=${value}` || (value === "*" && slice.startsWith(`${field}=`))))) // prettier-ignore
      throw new FlywheelError("invalid_request", { reason: `No held-out example of ${dataset} belongs to the protected slice ${field}=${value}.` }); // prettier-ignore
  const guards = await Promise.all(
    datasets.map(async (name) => {
      const guarding = await heldOut(name);
      if (guarding.length === 0) throw nothingHeldOut(name, "so it protects nothing");
      return guarding.map((example) => ({ example, slices: [name], isGuard: true }));
    }),
  );
  return [...own, ...guards.flat()];
}

const nothingHeldOut = (dataset: string, so: string) =>
  new FlywheelError("dataset_unfit", { dataset, reason: `it has no examples in its split \`holdout\`, ${so}` });

export interface Answered {
  /** `null`: the request failed for good. */
  text: string | null;
  error: string;
  generation_id: string;
}

async function answer(
  api: ModelApi,
  model: string,
  example: Example,
  { journal }: ComparisonContext,
): Promise<Answered> {
  const key = `${model} ${example.id}`;
  const kept = journal.get(key);
  if (kept) return kept as Answered;
  const said = await ask(api, model, example);
  journal.put(key, said);
  return said;
}

async function ask(api: ModelApi, model: string, example: Example): Promise<Answered> {
  const { messages, response_schema } = example;
  try {
    const limit = model.startsWith("local/") && { maxOutputTokens: mostTokens(example) };
    const { text, generationId } = await api.chat(model, messages, { temperature: 0, schema: response_schema, ...limit }); // prettier-ignore
    return { text, error: "", generation_id: generationId };
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    return { text: null, error: error.message, generation_id: "" };
  }
}

/**
 * A token is a byte at least, so what is longer is wrong already, also as JSON with spaces. Without an end, a model that training
 * has broken fills its context with every answer. Others than our own may think before they answer, and are not limited.
 */
const mostTokens = ({ completion }: Example) => 2 * Buffer.byteLength(completion) + 32;

const LOOK_MS = 100;
const MOST_LOOKS = 100;

/** A model that was just made is known to every gateway a moment later. */
async function isServed({ address, signal }: ComparisonContext, models: readonly string[]): Promise<void> {
  for (let tries = 0; tries < MOST_LOOKS; tries++) {
    const answered = await fetch(`${address.url}/models`, { headers: { authorization: `Bearer ${address.key}` }, signal }).catch(() => undefined); // prettier-ignore
    const { data } = (answered?.ok ? await answered.json() : { data: [] }) as { data: { id: string }[] };
    if (models.every((model) => data.some(({ id }) => id === model) || !model.startsWith("local/"))) return;
    await sleep(LOOK_MS, undefined, { signal });
  }
}
