import { clusteredMean, type Mean, type MeanOptions } from "./mean.ts";

/**
 * How much better `second` is than `first` on the same rows: the mean of the differences. Rows that are hard for both
 * cancel, so it is tighter than two means beside each other (Miller 2024, §4.2).
 */
export function pairedDifference(first: readonly number[], second: readonly number[], options?: MeanOptions): Mean {
  if (first.length !== second.length) throw new RangeError("Pairs need as many first as second values.");
  return clusteredMean(
    second.map((value, i) => value - first[i]!),
    options,
  );
}
