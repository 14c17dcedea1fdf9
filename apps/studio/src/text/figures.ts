import { formatCount, NONE } from "./format.ts";

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** `1,234`, from a hundred thousand on `123K`. */
export function formatLarge(count: number | null): string {
  return count === null || count < 100_000 ? formatCount(count) : compact.format(count);
}

/** For an axis: `0`, `500`, `1.5K`. */
export function formatCompact(count: number): string {
  return compact.format(count);
}

/** A part of 1 as `1.5 %`. */
export function formatShare(share: number | null): string {
  if (share === null) return NONE;
  const percent = 100 * share;
  return `${percent === 0 || percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))} %`;
}

/** Nano-dollars in few digits: `$0`, `$0.0021`, `$0.16`, `$4.96`, `$1.2K`. */
export function formatMoney(nano: number | null): string {
  if (nano === null) return NONE;
  const dollars = nano / 1e9;
  if (dollars === 0) return "$0";
  if (dollars >= 1000) return `$${compact.format(dollars)}`;
  return `$${dollars >= 0.1 ? dollars.toFixed(2) : dollars.toPrecision(2)}`;
}

/** How a figure changed: `+12 %`, `−3 %`, `×25`; of a share, in points. `null` where there is nothing to compare. */
export function formatChange(now: number | null, before: number | null, kind: "ratio" | "points"): string | null {
  if (now === null || before === null) return null;
  if (kind === "points") return signed(100 * (now - before), " pt");
  if (before === 0) return null;
  return now / before >= 10
    ? `×${compact.format(Math.round(now / before))}`
    : signed((100 * (now - before)) / before, " %");
}

function signed(value: number, unit: string): string {
  const size = Math.abs(value);
  const digits = unit === " pt" ? size.toFixed(1) : String(Math.round(size));
  if (Number(digits) === 0) return `±0${unit}`;
  return `${value < 0 ? "−" : "+"}${digits}${unit}`;
}
