import { checkLevel, type Cluster, type Interval, LEVEL } from "./interval.ts";
import { inverse, zeros } from "./matrix.ts";
import { normalQuantile } from "./numerics.ts";

export interface Comparison {
  readonly first: string;
  readonly second: string;
  /** 1 = the first won, 0 = the second, 0.5 = a tie. */
  readonly score: number;
  /** Comparisons of one prompt or by one judge are alike. */
  readonly cluster?: Cluster;
}

export interface Strength extends Interval {
  readonly name: string;
  /** 1 + how many are surely stronger (Chiang et al. 2024). */
  readonly rank: number;
}

export interface BradleyTerry {
  /** Strongest first; log-odds against the average contestant. */
  readonly strengths: readonly Strength[];
  /** How much stronger one is than another, in log-odds of winning. */
  difference(first: string, second: string): Interval;
}

/**
 * Who is how strong, from pairs (Bradley & Terry 1952): P[i beats j] = 1 / (1 + exp(θ_j − θ_i)), a tie as half a win.
 * Newton's method; intervals by the sandwich estimator over clusters (White 1982, Liang & Zeger 1986).
 * Throws `RangeError` where some contestants never won against the rest: then there is no finite answer (Ford 1957).
 */
export function bradleyTerry(comparisons: readonly Comparison[], level = LEVEL): BradleyTerry {
  checkLevel(level);
  const names = [...new Set(comparisons.flatMap(({ first, second }) => [first, second]))];
  const index = new Map(names.map((name, i) => [name, i]));
  const pairs = comparisons.map(({ first, second, score, cluster }, i): Pair => {
    if (first === second || !(score >= 0 && score <= 1)) throw new RangeError(`Comparison ${i} is none.`);
    return { first: index.get(first)!, second: index.get(second)!, score, cluster: cluster ?? `row ${i}` };
  });
  checkConnected(names, pairs);
  const strengths = fit(names.length, pairs);
  const covariance = sandwich(names.length, pairs, strengths);
  const z = normalQuantile((1 + level) / 2);
  const around = (estimate: number, variance: number): Interval => {
    const reach = z * Math.sqrt(Math.max(0, variance));
    return { estimate, low: estimate - reach, high: estimate + reach, level };
  };
  const intervals = names.map((name, i) => ({ name, ...around(strengths[i]!, covariance[i]![i]!) }));
  return {
    strengths: intervals
      .map((one) => ({ ...one, rank: 1 + intervals.filter(({ low }) => low > one.high).length }))
      .toSorted((a, b) => b.estimate - a.estimate),
    difference(first, second) {
      const [i, j] = [index.get(first), index.get(second)];
      if (i === undefined || j === undefined) throw new RangeError(`${first} or ${second} took no part.`);
      const variance = covariance[i]![i]! + covariance[j]![j]! - 2 * covariance[i]![j]!;
      return around(strengths[i]! - strengths[j]!, variance);
    },
  };
}

interface Pair {
  first: number;
  second: number;
  score: number;
  cluster: Cluster;
}

const winChance = (strengths: readonly number[], { first, second }: Pair) =>
  1 / (1 + Math.exp(strengths[second]! - strengths[first]!));

function fit(size: number, pairs: readonly Pair[]): number[] {
  let strengths = zeros(size);
  for (let step = 0; step < 100; step++) {
    const gradient = zeros(size);
    for (const pair of pairs) {
      const surprise = pair.score - winChance(strengths, pair);
      gradient[pair.first]! += surprise;
      gradient[pair.second]! -= surprise;
    }
    const move = bread(size, pairs, strengths).map((row) => dot(row, gradient));
    const longest = Math.max(...move.map(Math.abs));
    const share = longest > 1 ? 1 / longest : 1;
    strengths = strengths.map((strength, i) => strength + share * move[i]!);
    if (longest < 1e-10) break;
  }
  return strengths;
}

/** The pseudo-inverse of the information matrix: strengths add up to 0. */
function bread(size: number, pairs: readonly Pair[], strengths: readonly number[]): number[][] {
  const information = Array.from({ length: size }, () => Array.from({ length: size }, () => 1 / size));
  for (const pair of pairs) {
    const chance = winChance(strengths, pair);
    const weight = chance * (1 - chance);
    information[pair.first]![pair.first]! += weight;
    information[pair.second]![pair.second]! += weight;
    information[pair.first]![pair.second]! -= weight;
    information[pair.second]![pair.first]! -= weight;
  }
  return inverse(information).map((row) => row.map((value) => value - 1 / size));
}

function sandwich(size: number, pairs: readonly Pair[], strengths: readonly number[]): number[][] {
  const scores = new Map<Cluster, number[]>();
  for (const pair of pairs) {
    const score = scores.get(pair.cluster) ?? zeros(size);
    const surprise = pair.score - winChance(strengths, pair);
    score[pair.first]! += surprise;
    score[pair.second]! -= surprise;
    scores.set(pair.cluster, score);
  }
  const outer = bread(size, pairs, strengths);
  const groups = scores.size;
  const influences = [...scores.values()].map((score) => outer.map((row) => dot(row, score)));
  const scale = groups > 1 ? groups / (groups - 1) : Infinity;
  return outer.map((_, i) =>
    outer.map((__, j) => scale * influences.reduce((sum, influence) => sum + influence[i]! * influence[j]!, 0)),
  );
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** From everyone to everyone there must be a chain of wins (a tie is one for both). */
function checkConnected(names: readonly string[], pairs: readonly Pair[]): void {
  for (const backwards of [false, true]) {
    const beaten = names.map(() => new Set<number>());
    for (const { first, second, score } of pairs) {
      if (score > 0) beaten[backwards ? second : first]!.add(backwards ? first : second);
      if (score < 1) beaten[backwards ? first : second]!.add(backwards ? second : first);
    }
    const reached = new Set([0]);
    for (const one of reached) for (const other of beaten[one] ?? []) reached.add(other);
    if (reached.size < names.length) {
      const outside = names.filter((_, i) => !reached.has(i)).join(", ");
      const what = backwards ? "never won against" : "never lost to";
      throw new RangeError(`${outside} ${what} the others, so nobody can say by how much. Compare them more often.`);
    }
  }
}
