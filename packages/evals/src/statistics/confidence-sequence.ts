import { checkLevel, type Interval, LEVEL } from "./interval.ts";

/** An interval that may be looked at after every value, and acted on: all looks together keep the level. */
export interface ConfidenceSequence {
  readonly count: number;
  /** Throws `RangeError` where the value is outside the bounds. */
  add(value: number): void;
  /** What is known now. Intervals of earlier looks are cut with it, so it never grows. */
  interval(): Interval;
  /** Whether this mean is ruled out by what is known at this moment; cheaper than {@link interval}. */
  excludes(mean: number): boolean;
}

export interface SequenceOptions {
  /** Between which every value lies. */
  low?: number;
  high?: number;
  level?: number;
}

const EVERYTHING = { low: 0, high: 1 };

/** How the bets of both methods are sized: by the mean and variance seen before (Waudby-Smith & Ramdas 2024, eq. 15). */
function createPlugIn(alpha: number): { mean(): number; bet(): number; add(x: number): void } {
  let [count, sum, squares] = [0, 0.5, 0.25];
  const mean = () => sum / (count + 1);
  return {
    mean,
    bet() {
      return Math.sqrt((2 * Math.log(2 / alpha)) / (squares * Math.log(count + 2)));
    },
    add(x) {
      count++;
      sum += x;
      squares += (x - mean()) ** 2;
    },
  };
}

/**
 * The mean of bounded values by betting (Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by
 * betting", the hedged capital process): whoever bets against the true mean is unlikely ever to multiply a stake by
 * 1/α (Ville's inequality), so the means against which nobody won so much remain. The tightest sequence known for
 * bounded values; a look costs time in proportion to the values so far.
 */
export function bettingSequence(options: SequenceOptions = {}): ConfidenceSequence {
  const { level = LEVEL } = options;
  checkLevel(level);
  const alpha = 1 - level;
  const plugIn = createPlugIn(alpha);
  const values: number[] = [];
  const bets: number[] = [];
  const limit = Math.log(2 / alpha);
  /** Log of the capital of one who bets that the mean is above `m` (`side` 1) or below it (−1). */
  function capital(m: number, side: 1 | -1): number {
    const most = 0.5 / (side === 1 ? m : 1 - m);
    let [log, product] = [0, 1];
    for (let i = 0; i < values.length; i++) {
      product *= 1 + side * Math.min(bets[i]!, most) * (values[i]! - m);
      if (i % 16 === 0) {
        log += Math.log(product);
        product = 1;
      }
    }
    return log + Math.log(product);
  }
  let known = EVERYTHING;
  return bounded(options, level, {
    add(x) {
      bets.push(plugIn.bet());
      plugIn.add(x);
      values.push(x);
    },
    mean: () => plugIn.mean(),
    excludes: (m) => (m <= 0 || m >= 1 ? false : capital(m, 1) >= limit || capital(m, -1) >= limit),
    look() {
      const low = border(known.low, known.high, (m) => capital(m, 1) >= limit);
      const high = 1 - border(1 - known.high, 1 - known.low, (m) => capital(1 - m, -1) >= limit);
      known = high >= low ? { low, high } : { low: plugIn.mean(), high: plugIn.mean() };
      return known;
    },
  });
}

/**
 * The mean of bounded values by an empirical Bernstein bound with predictable plug-in (Waudby-Smith & Ramdas 2024,
 * theorem 2; Howard et al. 2021). Closed form: a look costs nothing. Wider than {@link bettingSequence}.
 */
export function bernsteinSequence(options: SequenceOptions = {}): ConfidenceSequence {
  const { level = LEVEL } = options;
  checkLevel(level);
  const alpha = 1 - level;
  const plugIn = createPlugIn(alpha);
  let [weights, weighted, deviation] = [0, 0, 0];
  let known = EVERYTHING;
  const reach = () => (weights === 0 ? 1 : (Math.log(2 / alpha) + deviation) / weights);
  return bounded(options, level, {
    add(x) {
      const bet = Math.min(plugIn.bet(), 0.5);
      weights += bet;
      weighted += bet * x;
      deviation += (x - plugIn.mean()) ** 2 * (-Math.log1p(-bet) - bet);
      plugIn.add(x);
    },
    mean: () => plugIn.mean(),
    excludes: (m) => weights > 0 && Math.abs(weighted / weights - m) > reach(),
    look() {
      if (weights === 0) return known;
      const low = Math.max(known.low, weighted / weights - reach());
      const high = Math.min(known.high, weighted / weights + reach());
      known = high >= low ? { low, high } : { low: plugIn.mean(), high: plugIn.mean() };
      return known;
    },
  });
}

interface UnitSequence {
  add(x: number): void;
  mean(): number;
  excludes(m: number): boolean;
  look(): { low: number; high: number };
}

/** The same for values between other bounds than 0 and 1. */
function bounded({ low = 0, high = 1 }: SequenceOptions, level: number, unit: UnitSequence): ConfidenceSequence {
  if (!(high > low)) throw new RangeError(`Nothing lies between ${low} and ${high}.`);
  const width = high - low;
  let [count, sum] = [0, 0];
  return {
    get count() {
      return count;
    },
    add(value) {
      if (!(value >= low && value <= high)) throw new RangeError(`${value} is not between ${low} and ${high}.`);
      count++;
      sum += value;
      unit.add((value - low) / width);
    },
    excludes: (mean) => unit.excludes((mean - low) / width),
    interval() {
      const { low: from, high: to } = unit.look();
      return { estimate: count === 0 ? (low + high) / 2 : sum / count, low: low + from * width, high: low + to * width, level }; // prettier-ignore
    },
  };
}

/** From where on `excluded` is false, within [low, high]: it is true up to there. */
function border(low: number, high: number, excluded: (m: number) => boolean): number {
  if (!excluded(Math.max(low, 1e-9))) return low;
  let [from, to] = [low, high];
  while (to - from > 1e-6) {
    const middle = (from + to) / 2;
    if (excluded(middle)) from = middle;
    else to = middle;
  }
  return from;
}

/** For `second − first` of paired scores in [0, 1]; feed it one difference per user. */
export function pairedSequence(level = LEVEL): ConfidenceSequence {
  return bettingSequence({ low: -1, high: 1, level });
}
