import { checkLevel, type Interval, LEVEL } from "./interval.ts";
import { betaQuantile, normalQuantile } from "./numerics.ts";

/** A share of independent rows by Wilson (1927): good on average, and never outside [0, 1]. */
export function wilson(successes: number, count: number, level = LEVEL): Interval {
  check(successes, count, level);
  const z = normalQuantile((1 + level) / 2);
  const estimate = successes / count;
  const scale = 1 + (z * z) / count;
  const middle = (estimate + (z * z) / (2 * count)) / scale;
  const reach = (z / scale) * Math.sqrt((estimate * (1 - estimate)) / count + (z * z) / (4 * count * count));
  return {
    estimate,
    low: successes === 0 ? 0 : middle - reach,
    high: successes === count ? 1 : middle + reach,
    level,
  };
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
