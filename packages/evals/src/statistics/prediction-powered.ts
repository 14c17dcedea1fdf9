import { checkLevel, type Cluster, type Interval, LEVEL } from "./interval.ts";
import { tQuantile } from "./numerics.ts";

export interface PredictionPowered extends Interval {
  readonly standardError: number;
  /** How far the judge is relied on: 0 = not at all, the mean of the labels alone. */
  readonly weight: number;
  /** How many labels alone would give this standard error. */
  readonly effectiveLabels: number;
}

export interface PredictionOptions {
  /** Whose rows they are: of the labelled ones, then of the others. Without them each row stands alone. */
  clusters?: { labelled: readonly Cluster[]; others: readonly Cluster[] };
  level?: number;
}

/**
 * Half a row for each way in which a person and the judge may agree or not, as Agresti & Min (2005) add to pairs. Few labels show no
 * disagreement by chance, and without these the interval would then be that of the judge, as if it were never wrong.
 */
const IMAGINED = [[0, 0], [0, 1], [1, 0], [1, 1]] as const; // prettier-ignore
const HALF = 0.5;

/**
 * A mean from few human labels and a judge's scores of many rows (PPI++: Angelopoulos, Duchi & Zrnic 2023). Unbiased
 * whatever the judge says; the better it agrees with the people, the tighter.
 * θ = mean(Y − λf) + λ·mean(f̃), λ = Cov(Y, f) / ((1 + n/N) Var f), clipped to [0, 1].
 *
 * Unlike the paper's, its interval holds with ten labels, too: Student's t, half a row of each kind imagined among the
 * labelled ones for λ and the standard error, and rows of one user count as alike.
 *
 * @param labels what people said of n rows, 0 to 1; the rows must have been chosen by chance
 * @param judged the judge's scores of the same rows
 * @param others the judge's scores of N other rows of the same kind; may be none
 */
export function predictionPoweredMean(
  labels: readonly number[],
  judged: readonly number[],
  others: readonly number[],
  { clusters, level = LEVEL }: PredictionOptions = {},
): PredictionPowered {
  checkLevel(level);
  const [n, many] = [labels.length, others.length];
  if (n < 2 || judged.length !== n)
    throw new RangeError("At least two labels are needed, and the judge's score of each.");
  if (![...labels, ...judged, ...others].every((score) => score >= 0 && score <= 1))
    throw new RangeError("A score is outside 0 to 1.");
  const pairs = labels.map((label, i): Pair => [label, judged[i]!]);
  const weight = many === 0 ? 0 : weightOf(pairs, n / many);
  const left = ([label, judgement]: Pair) => label - weight * judgement;
  const meanOfOthers = many === 0 ? 0 : mean(others);
  const estimate = mean(pairs.map(left)) + weight * meanOfOthers;
  const centre = weightedMean(pairs, left);
  const parts = [
    ...pairs.map((pair, i) => ({ whose: clusters?.labelled[i] ?? i, off: (left(pair) - centre) / n })),
    ...others.map((score, i) => ({ whose: clusters?.others[i] ?? n + i, off: (weight * (score - meanOfOthers)) / many })), // prettier-ignore
  ];
  const groups = clusters ? new Set(clusters.labelled).size : n;
  const imagined = IMAGINED.reduce((sum, pair) => sum + HALF * ((left(pair) - centre) / n) ** 2, 0);
  const standardError = groups < 2 ? Infinity : Math.sqrt((groups / (groups - 1)) * (squaresBy(parts) + imagined));
  const reach = groups < 2 ? Infinity : tQuantile((1 + level) / 2, groups - 1) * standardError;
  const spread = mean(labels.map((label) => (label - mean(labels)) ** 2));
  const effectiveLabels = spread === 0 ? n : spread / standardError ** 2;
  return { estimate: within(estimate), low: within(estimate - reach), high: within(estimate + reach), level, standardError, weight, effectiveLabels }; // prettier-ignore
}

type Pair = readonly [label: number, judgement: number];

function weightOf(pairs: readonly Pair[], share: number): number {
  const [label, judgement] = [weightedMean(pairs, ([y]) => y), weightedMean(pairs, ([, f]) => f)];
  const covariance = weightedMean(pairs, ([y, f]) => (y - label) * (f - judgement));
  const variance = weightedMean(pairs, ([, f]) => (f - judgement) ** 2);
  return within(covariance / ((1 + share) * variance));
}

/** Over the labelled rows, those imagined among them. */
function weightedMean(pairs: readonly Pair[], of: (pair: Pair) => number): number {
  const real = pairs.reduce((sum, pair) => sum + of(pair), 0);
  return IMAGINED.reduce((sum, pair) => sum + HALF * of(pair), real) / (pairs.length + HALF * IMAGINED.length);
}

function squaresBy(parts: readonly { whose: Cluster; off: number }[]): number {
  const sums = new Map<Cluster, number>();
  for (const { whose, off } of parts) sums.set(whose, (sums.get(whose) ?? 0) + off);
  return [...sums.values()].reduce((sum, off) => sum + off * off, 0);
}

const within = (share: number) => Math.min(1, Math.max(0, share));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
