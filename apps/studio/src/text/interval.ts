import type { MeanInterval } from "@flywheel/protocol";

/** A share of 1 in percent: `61.3 %`. */
export const formatPercent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A level of error, which may be far below a percent: `2.5 %`, `0.089 %`. */
export const formatLevel = (level: number): string => `${Number((100 * level).toPrecision(2))} %`;

/** A difference of shares in points, signed: `+4.2`. */
export const formatPoints = (share: number): string =>
  `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.abs(100 * share).toFixed(1)}`;

/** `3.5 % to 22.5 %`. */
export function formatRange({ low, high }: MeanInterval, format: (share: number) => string = formatPercent): string {
  return low === null || high === null ? "not known" : `${format(low)} to ${format(high)}`;
}

/** `9.3 % (3.5 % to 22.5 %)`. */
export const formatInterval = (interval: MeanInterval): string =>
  `${formatPercent(interval.estimate)} (${formatRange(interval)})`;

/** How far an axis around 0 reaches so that nothing touches its ends; a tenth at least. */
export function reachOf({ low, high, estimate }: MeanInterval): number {
  return Math.max(0.1, ...[low, high, estimate].map((end) => 1.1 * Math.abs(end ?? 0)));
}
