import { startOf, stepOf, type UsageStep } from "@flywheel/protocol";

/** Periods that end now. Those of days are whole days, and today is one of them. */
export const PERIODS = ["1h", "24h", "7d", "30d"] as const;
export type PeriodName = (typeof PERIODS)[number];

/** A period as the address bar has it: one that ends now, or from one time to another (or to now). */
export interface Period {
  range?: PeriodName;
  from?: number;
  to?: number;
}

export interface Bounds {
  /** Epoch milliseconds, inclusive / exclusive. */
  from: number;
  to: number;
  step: UsageStep;
  /** The period before, as long, and as far into its last stretch. */
  before: { from: number; to: number };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MOST_DAYS = 1830;

/** Whatever stands in the address bar, as a period: values that make no sense are dropped. */
export function parsePeriod(search: Record<string, unknown>): Period {
  const range = PERIODS.find((name) => name === search["range"]);
  if (range) return { range };
  const period: Period = {};
  for (const name of ["from", "to"] as const) {
    const value = Number(search[name]);
    if (Number.isSafeInteger(value) && value > 0) period[name] = value;
  }
  return period.from === undefined || period.from >= (period.to ?? Number.POSITIVE_INFINITY) ? {} : period;
}

/** A period in time. Without anything said it is the last 24 hours. */
export function boundsOf({ range = "24h", from, to }: Period, now: number): Bounds {
  if (from !== undefined) return between(from, to === undefined || to > now ? Math.max(now, from + MINUTE) : to);
  switch (range) {
    case "1h":
      return back(now, "minute", startOf(now, "minute") - 59 * MINUTE, (time) => time - HOUR);
    case "24h":
      return back(now, "hour", startOf(now, "hour") - 23 * HOUR, (time) => time - 24 * HOUR);
    case "7d":
      return back(now, "hour", daysBefore(startOf(now, "day"), 6), (time) => daysBefore(time, 7));
    case "30d":
      return back(now, "day", daysBefore(startOf(now, "day"), 29), (time) => daysBefore(time, 30));
  }
}

function back(to: number, step: UsageStep, from: number, earlier: (time: number) => number): Bounds {
  return { from, to, step, before: { from: earlier(from), to: earlier(to) } };
}

function between(wished: number, to: number): Bounds {
  const from = Math.max(wished, to - MOST_DAYS * 24 * HOUR);
  return { from, to, step: stepOf(from, to), before: { from: from - (to - from), to: from } };
}

/** The same time of day, so many days earlier by the local calendar. */
function daysBefore(time: number, days: number): number {
  return new Date(time).setDate(new Date(time).getDate() - days);
}
