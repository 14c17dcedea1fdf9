import { checkLevel, type Interval, LEVEL } from "./interval.ts";
import { tQuantile } from "./numerics.ts";

export interface PredictionPowered extends Interval {
  readonly standardError: number;
  /** How far the judge is relied on: 0 = not at all, the mean of the labels alone. */
  readonly weight: number;
  /** How many labels alone would give this standard error. */
  readonly effectiveLabels: number;
}

/**
 * A mean from few human labels and a judge's scores of many rows (PPI++: Angelopoulos, Duchi & Zrnic 2023). Unbiased
 * whatever the judge says; the better it agrees with the people, the tighter.
 * θ = mean(Y − λf) + λ·mean(f̃), λ = Cov(Y, f) / ((1 + n/N) Var f), clipped to [0, 1].
 * Student's t with n − 1 degrees of freedom: with 50 labels the normal distribution of the paper covers too little.
 *
 * @param labels what people said of n rows
 * @param judged the judge's scores of the same rows
 * @param unlabelled the judge's scores of N other rows of the same kind
 */
export function predictionPoweredMean(
  labels: readonly number[],
  judged: readonly number[],
  unlabelled: readonly number[],
  level = LEVEL,
): PredictionPowered {
  checkLevel(level);
  const [n, many] = [labels.length, unlabelled.length];
  if (n < 2 || judged.length !== n)
    throw new RangeError("At least two labels are needed, and the judge's score of each.");
  if (many < 2) throw new RangeError("At least two rows without a label are needed.");
  const spread = variance([...judged, ...unlabelled]);
  const weight = spread === 0 ? 0 : clip(covariance(labels, judged) / ((1 + n / many) * spread));
  const corrected = labels.map((label, i) => label - weight * judged[i]!);
  const estimate = mean(corrected) + weight * mean(unlabelled);
  const standardError = Math.sqrt(variance(corrected) / n + (weight ** 2 * variance(unlabelled)) / many);
  const reach = tQuantile((1 + level) / 2, n - 1) * standardError;
  const effectiveLabels = standardError === 0 ? n : variance(labels) / standardError ** 2;
  return { estimate, low: estimate - reach, high: estimate + reach, level, standardError, weight, effectiveLabels };
}

const clip = (weight: number) => Math.min(1, Math.max(0, weight));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => covariance(values, values);

function covariance(first: readonly number[], second: readonly number[]): number {
  const [a, b] = [mean(first), mean(second)];
  return first.reduce((sum, value, i) => sum + (value - a) * (second[i]! - b), 0) / (first.length - 1);
}
