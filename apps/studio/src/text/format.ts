const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const whole = new Intl.NumberFormat("en-US");

/** What stands where there is no value. */
export const NONE = "–";

/** `12:04:31` today, `Nov 21 12:04:31` before. Local time. */
export function formatTime(ms: number, now: number = Date.now()): string {
  const date = new Date(ms);
  const time = clock.format(date);
  return date.toDateString() === new Date(now).toDateString() ? time : `${day.format(date)} ${time}`;
}

const HALF_DAY = 43_200_000;

/** The time of day where that is near, else the date: `12:04:31`, `Nov 21, 2027`. Local time. */
export function formatMoment(ms: number, now: number = Date.now()): string {
  return Math.abs(ms - now) < HALF_DAY ? clock.format(new Date(ms)) : date.format(new Date(ms));
}

/** Date, time and zone in full. */
export function formatInstant(ms: number): string {
  return full.format(new Date(ms));
}

/** `41 ms`, `1.24 s`, `2 m 05 s`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return NONE;
  const ms = Math.round(seconds * 1000);
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const total = Math.round(ms / 1000);
  return `${Math.floor(total / 60)} m ${String(total % 60).padStart(2, "0")} s`;
}

/** `1,234`. */
export function formatCount(count: number | null): string {
  return count === null ? NONE : whole.format(count);
}

/** `38→52`; `≈` marks tokens that we counted ourselves. */
export function formatTokens(input: number | null, output: number | null, estimated: boolean): string {
  if (input === null && output === null) return NONE;
  return `${estimated ? "≈" : ""}${formatCount(input)}→${formatCount(output)}`;
}

/** Nano-dollars as dollars: `$0`, `$0.0000042`, `$0.0123`, `$1.25`. Two significant digits below a cent. */
export function formatCost(nano: number | null): string {
  if (nano === null) return NONE;
  if (nano === 0) return "$0";
  const dollars = nano / 1e9;
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  if (dollars >= 0.01) return `$${dollars.toFixed(4)}`;
  const decimals = Math.min(9, 1 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(decimals)}`;
}

/** Output tokens per second while they came: after the first chunk where there is one. */
export function tokensPerSecond(
  output: number | null,
  duration: number,
  firstChunk: number | null,
  stream: boolean,
): number | null {
  const seconds = stream && firstChunk !== null ? duration - firstChunk : duration;
  return output === null || output === 0 || seconds <= 0 ? null : output / seconds;
}

/** Dollars per million tokens: `2.5`, `0.075`, `0`. */
export function formatRateOfPrice(dollars: number | undefined): string {
  return dollars === undefined ? NONE : String(Number(dollars.toPrecision(4)));
}

/** `312 tok/s`. */
export function formatRate(rate: number | null): string {
  if (rate === null) return NONE;
  return `${rate >= 100 ? whole.format(Math.round(rate)) : rate.toFixed(1)} tok/s`;
}

/** `812 B`, `1.2 kB`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
