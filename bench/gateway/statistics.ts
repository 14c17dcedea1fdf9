export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** By linear interpolation between the two nearest (type 7 of Hyndman and Fan, 1996). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

/** Median, and between which values the middle half lies. */
export function spread(values: readonly number[], digits = 2): string {
  if (values.length === 0) return "–";
  const show = (value: number) => value.toLocaleString("en", { maximumFractionDigits: digits });
  return `${show(median(values))} (${show(quantile(values, 0.25))}–${show(quantile(values, 0.75))})`;
}
