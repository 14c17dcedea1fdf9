import type { PromptVariability } from "@flywheel/protocol";
import type { Cluster } from "../statistics/interval.ts";
import { clusteredMean } from "../statistics/mean.ts";
import { clusteredShare, shareWithError } from "../statistics/proportion.ts";
import { toMeanInterval } from "../run/summary.ts";

/**
 * How much the way of asking matters: scores of the same rows under each variant.
 *
 * - `mean`: over the variants; its interval takes the rows for a sample of all rows and the variants for one of all ways
 *   to ask (Mizrahi et al. 2024): the variance of the rows' means, clustered by user, and the one between variants by their number,
 *   together with Satterthwaite's degrees of freedom
 * - `deviation`: between variants, by two-way random effects without interaction (Searle, Casella & McCulloch 1992):
 *   the variance of the variants' means, less what rows alone would make of it
 * - `disagreement`: how far apart the scores of two variants are on a row, on average; with scores of 0 and 1 how often
 *   they differ. The interval is clustered by user, and no point where nothing differs
 *
 * Rows that some variant has no score for are left out. Throws `RangeError` with fewer than two variants.
 */
export function measureVariability(
  scores: ReadonlyMap<string, readonly (number | null)[]>,
  clusters: readonly Cluster[],
): PromptVariability {
  const names = [...scores.keys()];
  if (names.length < 2) throw new RangeError("One way to ask tells nothing about others.");
  const rows = clusters.flatMap((cluster, i) => {
    const values = names.map((name) => scores.get(name)![i]);
    return values.every((value) => typeof value === "number") ? [{ cluster, values }] : [];
  });
  if (rows.length === 0) throw new RangeError("No row has a score under every variant.");
  const means = names.map((_, variant) => average(rows.map(({ values }) => values[variant]!)));
  const whose = rows.map(({ cluster }) => cluster);
  const deviation = deviationBetween(rows.map(({ values }) => values), means); // prettier-ignore
  return {
    variants: names.map((name, variant) => ({ name, mean: means[variant]! })),
    mean: toMeanInterval(meanOverBoth(rows.map(({ values }) => average(values)), whose, deviation ** 2 / means.length, means.length)), // prettier-ignore
    min: Math.min(...means),
    max: Math.max(...means),
    deviation,
    disagreement: toMeanInterval(clusteredShare(rows.map(({ values }) => meanDistance(values)), whose)), // prettier-ignore
  };
}

/** @param between what the choice of variants adds to the variance of the mean */
function meanOverBoth(rows: readonly number[], clusters: readonly Cluster[], between: number, variants: number) {
  const { estimate, standardError, clusters: groups } = clusteredMean(rows, { clusters });
  const within = standardError ** 2;
  const variance = within + between;
  const freedom = variance === 0 ? groups - 1 : variance ** 2 / (within ** 2 / (groups - 1) + between ** 2 / (variants - 1)); // prettier-ignore
  return shareWithError({ estimate, standardError: Math.sqrt(variance), freedom, groups, most: Infinity });
}

/**
 * Where only each variant's share of right rows is known; the interval takes the variants alone for a sample. What chance makes of a share of `rows` rows, p(1 − p)/(n − 1),
 * is taken off the variance between variants; as all are asked the same rows that is rather too much than too little.
 * Throws `RangeError` with fewer than two variants.
 */
export function variabilityOfMeans(
  variants: PromptVariability["variants"],
  rows: number,
): Omit<PromptVariability, "disagreement"> {
  if (variants.length < 2) throw new RangeError("One way to ask tells nothing about others.");
  const means = variants.map(({ mean }) => mean);
  const chance = average(means.map((mean) => (mean * (1 - mean)) / (rows - 1)));
  return {
    variants: [...variants],
    mean: toMeanInterval(clusteredMean(means)),
    min: Math.min(...means),
    max: Math.max(...means),
    deviation: Math.sqrt(Math.max(0, varianceOf(means) - chance)),
  };
}

function varianceOf(means: readonly number[]): number {
  const grand = average(means);
  return means.reduce((sum, mean) => sum + (mean - grand) ** 2, 0) / (means.length - 1);
}

function deviationBetween(rows: readonly (readonly number[])[], means: readonly number[]): number {
  const [variants, grand] = [means.length, average(means)];
  const between = varianceOf(means);
  if (rows.length < 2) return Math.sqrt(between);
  const residual = rows.reduce((sum, values) => {
    const row = average(values);
    return sum + values.reduce((all, value, i) => all + (value - row - means[i]! + grand) ** 2, 0);
  }, 0);
  const noise = residual / ((rows.length - 1) * (variants - 1));
  return Math.sqrt(Math.max(0, between - noise / rows.length));
}

function meanDistance(values: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) for (let j = 0; j < i; j++) sum += Math.abs(values[i]! - values[j]!);
  return sum / ((values.length * (values.length - 1)) / 2);
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
