import { checkLevel, type Cluster, type Interval, LEVEL } from "./interval.ts";
import { clusteredMean } from "./mean.ts";
import { betaQuantile, normalQuantile, tQuantile } from "./numerics.ts";

/** A share of independent rows by Wilson (1927): good on average, and never outside [0, 1]. */
export function wilson(successes: number, count: number, level = LEVEL): Interval {
  check(successes, count, level);
  return around(successes / count, count, level);
}

/**
 * The mean of scores in [0, 1] whose rows are alike within a cluster: Wilson's interval for as many independent rows as
 * would give the clustered standard error (Korn & Graubard 1998). Unlike a mean's own interval it stays in [0, 1], and
 * scores that are all the same do not make it a point: then it knows no more than there are clusters.
 */
export function clusteredShare(scores: readonly number[], clusters: readonly Cluster[], level = LEVEL): Interval {
  checkLevel(level);
  if (!scores.every((score) => score >= 0 && score <= 1)) throw new RangeError("A score is outside 0 to 1.");
  const { estimate, standardError, clusters: groups } = clusteredMean(scores, { clusters, level });
  const isBinary = scores.every((score) => score === 0 || score === 1);
  return shareWithError({ estimate, standardError, freedom: groups - 1, groups, most: isBinary ? scores.length : Infinity }, level); // prettier-ignore
}

/** A mean of scores in [0, 1] and what is known of its error. */
export interface ErredShare {
  estimate: number;
  standardError: number;
  /** Degrees of freedom of the standard error. */
  freedom: number;
  /** What it tells as much as where the standard error is 0: so many independent rows. */
  groups: number;
  /** It tells no more than so many rows. */
  most: number;
}

/** Wilson's interval for as many independent rows as would give this standard error; with less than two groups it is everything. */
export function shareWithError(
  { estimate, standardError, freedom, groups, most }: ErredShare,
  level = LEVEL,
): Interval {
  if (groups < 2) return { estimate, low: 0, high: 1, level };
  const seen = (estimate * (1 - estimate)) / standardError ** 2;
  const degrees = (normalQuantile((1 + level) / 2) / tQuantile((1 + level) / 2, freedom)) ** 2;
  const rows = Number.isFinite(seen) && seen > 0 ? Math.min(seen, most) : groups;
  return around(estimate, rows * degrees, level);
}

function around(estimate: number, count: number, level: number): Interval {
  const z = normalQuantile((1 + level) / 2);
  const scale = 1 + (z * z) / count;
  const middle = (estimate + (z * z) / (2 * count)) / scale;
  const reach = (z / scale) * Math.sqrt((estimate * (1 - estimate)) / count + (z * z) / (4 * count * count));
  return { estimate, low: estimate === 0 ? 0 : middle - reach, high: estimate === 1 ? 1 : middle + reach, level };
}

/** A share of independent rows by Clopper & Pearson (1934): never covers less than promised, so it is wide. */
export function clopperPearson(successes: number, count: number, level = LEVEL): Interval {
  check(successes, count, level);
  const tail = (1 - level) / 2;
  return {
    estimate: successes / count,
    low: successes === 0 ? 0 : betaQuantile(tail, successes, count - successes + 1),
    high: successes === count ? 1 : betaQuantile(1 - tail, successes + 1, count - successes),
    level,
  };
}

function check(successes: number, count: number, level: number): void {
  checkLevel(level);
  if (!(Number.isInteger(successes) && Number.isInteger(count) && successes >= 0 && successes <= count && count > 0))
    throw new RangeError(`${successes} of ${count} is no share.`);
}
