import { LEVEL } from "./interval.ts";
import type { Mean, MeanOptions } from "./mean.ts";
import { normalCdf, normalQuantile, tQuantile } from "./numerics.ts";
import { pairedDifference } from "./paired.ts";

/** A difference of scores in [0, 1] on the same rows. */
export interface PairedShare extends Mean {
  /** As many rows that stand alone, only right or wrong, would tell as much; of them one model alone is right in … */
  readonly rows: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/**
 * How much more often `second` is right than `first` on the same rows, by the score test turned round (Tango 1998). Where
 * rows differ seldom or never it is an interval still: of 30 rows of which none differs, it reaches from −11 to 11 points.
 *
 * Rows that are alike within a cluster, and scores between 0 and 1, count as so many independent right and wrong rows as
 * would give their clustered standard error; as the difference of two shares by {@link clusteredShare}. Scores that differ
 * the same everywhere tell no more than there are clusters. With one cluster the interval is everything.
 */
export function pairedShareDifference(
  first: readonly number[],
  second: readonly number[],
  { clusters, level = LEVEL }: MeanOptions = {},
): PairedShare {
  if (![...first, ...second].every((score) => score >= 0 && score <= 1))
    throw new RangeError("A score is outside 0 to 1.");
  const mean = pairedDifference(first, second, { ...(clusters && { clusters }), level });
  const lost = first.reduce((sum, score, i) => sum + Math.max(0, score - second[i]!), 0) / mean.count;
  const won = lost + mean.estimate;
  const rows = effectiveRows(mean, won + lost, [...first, ...second].every(isRightOrWrong));
  const share = { ...mean, rows, onlyFirst: lost * rows, onlySecond: won * rows };
  if (mean.clusters < 2) return share;
  const z = normalQuantile((1 + level) / 2);
  return { ...share, low: whereStatisticIs(z, share), high: whereStatisticIs(-z, share) };
}

const isRightOrWrong = (score: number) => score === 0 || score === 1;

function effectiveRows({ estimate, standardError, count, clusters, level }: Mean, differs: number, isBinary: boolean) {
  if (clusters < 2) return 1;
  if (isBinary && clusters === count) return count;
  const seen = (differs - estimate ** 2) / standardError ** 2;
  const degrees = (normalQuantile((1 + level) / 2) / tQuantile((1 + level) / 2, clusters - 1)) ** 2;
  const rows = Number.isFinite(seen) && seen > 0 ? Math.min(seen, isBinary ? count : Infinity) : clusters;
  return rows * degrees;
}

/** How likely a difference this far above `value`, or further, would be if the truth were `value`: a one-sided p. */
export function pAbove(difference: PairedShare, value: number): number {
  if (difference.clusters < 2) return 1;
  return 1 - normalCdf(statistic(difference, value));
}

/** How far the truth `value` is from what was seen, in standard errors as they would be if it were the truth. */
function statistic({ rows, onlyFirst, onlySecond }: PairedShare, value: number): number {
  const missed = onlySecond - onlyFirst - rows * value;
  const b = (2 * rows - onlySecond + onlyFirst) * value - onlyFirst - onlySecond;
  const c = -onlyFirst * value * (1 - value);
  const likeliest = (Math.sqrt(Math.max(0, b * b - 8 * rows * c)) - b) / (4 * rows);
  const variance = rows * (2 * likeliest + value * (1 - value));
  if (Math.abs(missed) < 1e-12 * rows) return 0;
  return variance > 0 ? missed / Math.sqrt(variance) : missed * Infinity;
}

/** The statistic falls as the value rises. */
function whereStatisticIs(wanted: number, difference: PairedShare): number {
  let [low, high] = wanted > 0 ? [-1, difference.estimate] : [difference.estimate, 1];
  while (high - low > 1e-10) {
    const middle = (low + high) / 2;
    if (statistic(difference, middle) > wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
