import { checkLevel, type Cluster, type Interval, LEVEL } from "./interval.ts";
import { tQuantile } from "./numerics.ts";

export interface MeanOptions {
  /** One for each value; without them each value stands alone. */
  clusters?: readonly Cluster[];
  level?: number;
}

/** A mean and how far it may be off. */
export interface Mean extends Interval {
  readonly standardError: number;
  readonly count: number;
  readonly clusters: number;
}

/**
 * The mean with a standard error that knows that rows of one cluster are alike (Liang & Zeger 1986, with the factor
 * G/(G−1) of Cameron & Miller 2015, as Miller 2024, "Adding Error Bars to Evals", asks for evaluations):
 * SE² = G/(G−1) · n⁻² Σ_c (Σ_{i∈c} (x_i − x̄))², and Student's t with G − 1 degrees of freedom.
 * With one cluster the interval is everything: nothing can be said.
 */
export function clusteredMean(values: readonly number[], { clusters, level = LEVEL }: MeanOptions = {}): Mean {
  checkLevel(level);
  const count = values.length;
  if (count === 0) throw new RangeError("There is no mean of nothing.");
  if (clusters && clusters.length !== count) throw new RangeError("Each value needs its cluster.");
  const estimate = values.reduce((sum, value) => sum + value, 0) / count;
  const residuals = residualSums(values, estimate, clusters);
  const groups = residuals.length;
  if (groups < 2)
    return { estimate, low: -Infinity, high: Infinity, level, standardError: Infinity, count, clusters: groups };
  const squares = residuals.reduce((sum, residual) => sum + residual * residual, 0);
  const standardError = Math.sqrt((groups / (groups - 1)) * squares) / count;
  const reach = tQuantile((1 + level) / 2, groups - 1) * standardError;
  return { estimate, low: estimate - reach, high: estimate + reach, level, standardError, count, clusters: groups };
}

function residualSums(values: readonly number[], mean: number, clusters: readonly Cluster[] | undefined): number[] {
  if (!clusters) return values.map((value) => value - mean);
  const sums = new Map<Cluster, number>();
  values.forEach((value, i) => sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + value - mean));
  return [...sums.values()];
}
