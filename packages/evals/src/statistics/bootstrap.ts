import { checkLevel, type Interval, LEVEL } from "./interval.ts";
import { normalCdf, normalQuantile } from "./numerics.ts";
import { createRandom } from "./random.ts";

export interface BootstrapOptions {
  level?: number;
  replications?: number;
  /** The same seed gives the same interval. */
  seed?: number;
}

/**
 * The bias-corrected and accelerated bootstrap (Efron 1987) of any statistic. What is drawn is a unit: hand over whole
 * clusters where rows are alike. Deterministic for its seed.
 */
export function bcaBootstrap<Unit>(
  units: readonly Unit[],
  statistic: (units: readonly Unit[]) => number,
  { level = LEVEL, replications = 10_000, seed = 1 }: BootstrapOptions = {},
): Interval {
  checkLevel(level);
  if (units.length === 0) throw new RangeError("Nothing can be drawn from nothing.");
  const estimate = statistic(units);
  if (units.length === 1) return { estimate, low: -Infinity, high: Infinity, level };
  const drawn = draw(units, statistic, replications, seed);
  const below = drawn.reduce((sum, one) => sum + (one < estimate ? 1 : one === estimate ? 0.5 : 0), 0);
  if (drawn[0] === drawn[replications - 1]) return { estimate, low: estimate, high: estimate, level };
  const bias = normalQuantile(Math.min(Math.max(below, 0.5), replications - 0.5) / replications);
  const skew = acceleration(units, statistic);
  const at = (share: number) => {
    const z = bias + normalQuantile(share);
    return quantile(drawn, normalCdf(bias + z / (1 - skew * z)));
  };
  return { estimate, low: at((1 - level) / 2), high: at((1 + level) / 2), level };
}

function draw<Unit>(
  units: readonly Unit[],
  statistic: (units: readonly Unit[]) => number,
  replications: number,
  seed: number,
): Float64Array {
  const random = createRandom(seed);
  const sample = units.slice();
  return Float64Array.from({ length: replications }, () => {
    for (let i = 0; i < sample.length; i++) sample[i] = units[random.below(units.length)]!;
    return statistic(sample);
  }).sort();
}

/** The sixth of the skewness of the jackknife's values. */
function acceleration<Unit>(units: readonly Unit[], statistic: (units: readonly Unit[]) => number): number {
  const rest = units.slice(1);
  const values = units.map((_, left) => {
    if (left > 0) rest[left - 1] = units[left - 1]!;
    return statistic(rest);
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

function quantile(sorted: Float64Array, share: number): number {
  const at = Math.min(Math.max(share * (sorted.length + 1) - 1, 0), sorted.length - 1);
  const [left, right] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return left + (right - left) * (at - Math.floor(at));
}

/** What {@link bcaBootstrap} of a mean draws: the sum and number of the values of each cluster. */
export interface Total {
  readonly sum: number;
  readonly count: number;
}

export function meanOfTotals(totals: readonly Total[]): number {
  let [sum, count] = [0, 0];
  for (const total of totals) {
    sum += total.sum;
    count += total.count;
  }
  return sum / count;
}
