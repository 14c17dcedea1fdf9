import { isDeepStrictEqual } from "node:util";
import type { Signal, TrialEvaluator } from "@flywheel/protocol";
import { isSameAnswer } from "../comparison/same-answer.ts";

/** What users said an answer should have been: a text, or what fields of it should hold. */
export type Reference = { text: string } | { labels: Readonly<Record<string, unknown>> };

/**
 * What users said of the answer they got, 0 to 1; `undefined` where they said nothing that this evaluator knows.
 * A correction speaks of the answer, too: it is right if nothing had to be corrected.
 */
export function scoreOf(evaluator: TrialEvaluator, answer: string, signals: readonly Signal[]): number | undefined {
  const references = signals.flatMap((signal) => referenceOf(signal) ?? []);
  const rewards = signals.flatMap((signal) => (signal.type === "reward" ? [(signal.value + 1) / 2] : []));
  const compared = references.map((reference) => agreement(evaluator, answer, reference));
  return mean(evaluator === "reward" ? [...compared, ...rewards] : compared);
}

/**
 * What users said is the right answer to what they asked: the last correction, or else the answer they got, where they
 * were content with it. `undefined`: they did not say.
 */
export function rightAnswer(answer: string, signals: readonly Signal[]): Reference | undefined {
  const reference = signals.flatMap((signal) => referenceOf(signal) ?? []).at(-1);
  if (reference) return reference;
  const rewards = signals.flatMap((signal) => (signal.type === "reward" ? [signal.value] : []));
  return (mean(rewards) ?? 0) > 0 ? { text: answer } : undefined;
}

function referenceOf(signal: Signal): Reference | undefined {
  if (signal.type === "demonstration") return { text: signal.text };
  return signal.type === "label" ? { labels: signal.labels } : undefined;
}

/** How much of a reference an answer agrees with, 0 to 1; nothing between where it has to be `similar`. */
export function agreement(evaluator: TrialEvaluator, answer: string, reference: Reference): number {
  if ("labels" in reference) {
    const share = shareOfFields(parse(answer), reference.labels, Object.keys(reference.labels));
    return evaluator === "similar" || share === 1 ? share : 0;
  }
  if (isSameAnswer(answer, reference.text)) return 1;
  return evaluator === "similar" ? Math.min(LIKE_AT_MOST, likeness(answer, reference.text)) : 0;
}

/** What is not the same, such as the same words in another order. */
const LIKE_AT_MOST = 0.99;

/** Of JSON objects the share of fields, of texts the share of words that they have in common. */
function likeness(answer: string, wished: string): number {
  const [given, wanted] = [parse(answer), parse(wished)];
  if (isObject(wanted)) return isObject(given) ? shareOfFields(given, wanted, Object.keys({ ...given, ...wanted })) : 0;
  return wordsInCommon(answer, wished);
}

function shareOfFields(given: unknown, wanted: Readonly<Record<string, unknown>>, names: readonly string[]): number {
  if (!isObject(given)) return 0;
  const right = names.filter((name) => isDeepStrictEqual(given[name], wanted[name]));
  return names.length === 0 ? 1 : right.length / names.length;
}

/** Twice the words in common, over the words of both (Dice). */
function wordsInCommon(a: string, b: string): number {
  const [first, second] = [wordsOf(a), wordsOf(b)];
  if (first.length + second.length === 0) return 1;
  const left = new Map<string, number>();
  for (const word of second) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of first) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  return (2 * common) / (first.length + second.length);
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
