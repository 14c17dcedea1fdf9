import type { UsageStep } from "@flywheel/protocol";
import { NONE } from "../../text/format.ts";

const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const time = new Intl.DateTimeFormat(undefined, clock);
const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "2-digit" });
const dateAndTime = new Intl.DateTimeFormat(undefined, { month: "short", day: "2-digit", ...clock });
const dayAndTime = new Intl.DateTimeFormat(undefined, { weekday: "short", ...clock });

/** The beginning of a stretch of time in full: `12:04`, `Nov 21, 12:00`, `Nov 21`. */
export function formatMoment(ms: number | undefined, step: UsageStep): string {
  if (ms === undefined) return NONE;
  const format = { minute: time, hour: dateAndTime, day: date }[step];
  return format.format(ms);
}

/** The same in a narrow column of hours, of which a week has not two alike: `Sat 12:00`. */
export function formatRow(ms: number, step: UsageStep, hours: number): string {
  return step === "hour" && hours <= 7 * 24 ? dayAndTime.format(ms) : formatMoment(ms, step);
}

/** The same on an axis: midnight is the day it begins. */
export function formatTick(ms: number, step: UsageStep): string {
  const at = new Date(ms);
  return step === "day" || (at.getHours() === 0 && at.getMinutes() === 0) ? date.format(at) : time.format(at);
}
