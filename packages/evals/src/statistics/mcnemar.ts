import { binomialCdf } from "./numerics.ts";

/** Two-sided p-values of "neither is right more often". */
export interface McNemar {
  /** Never too often below any threshold. */
  readonly exact: number;
  /** Less timid: on average below 5 % in 5 % of the cases, now and then a little more often. */
  readonly midP: number;
}

/**
 * Two ways of answering the same independent rows, right or wrong: only the rows where they differ tell (McNemar 1947;
 * mid-p as recommended by Fagerland, Lydersen & Laake 2013).
 *
 * @param onlyFirst rows that only the first got right
 * @param onlySecond rows that only the second got right
 */
export function mcnemar(onlyFirst: number, onlySecond: number): McNemar {
  const [fewer, count] = [Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond];
  if (!(Number.isInteger(fewer) && Number.isInteger(count) && fewer >= 0))
    throw new RangeError(`${onlyFirst} and ${onlySecond} are no counts.`);
  const atMost = binomialCdf(fewer, count, 0.5);
  const exactly = atMost - binomialCdf(fewer - 1, count, 0.5);
  return { exact: Math.min(1, 2 * atMost), midP: Math.min(1, 2 * atMost - exactly) };
}
