import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { startOf, stepOf, stretches } from "./usage.ts";

const HOUR = 3_600_000;

test("a period is cut into at most about two hundred stretches of a length people think in", () => {
  const lengths = [1, 3, 24, 7 * 24, 8 * 24, 30 * 24].map((hours) => stepOf(0, hours * HOUR));
  deepEqual(lengths, ["minute", "minute", "hour", "hour", "hour", "day"]);
});

test("stretches begin at the local clock's full minutes, hours and days, the first of them before the period", () => {
  const from = new Date(2026, 10, 20, 9, 41, 7, 500).getTime();
  const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();
  deepEqual(stretches(from, from + 2 * 60_000, "minute"), [
    at(2026, 10, 20, 9, 41),
    at(2026, 10, 20, 9, 42),
    at(2026, 10, 20, 9, 43),
  ]);
  equal(startOf(from, "hour"), at(2026, 10, 20, 9));
  deepEqual(stretches(from, at(2026, 10, 22), "day"), [at(2026, 10, 20), at(2026, 10, 21)]);
});

test("every day of a year begins once at midnight, also where clocks are put forward and back", () => {
  const days = stretches(new Date(2026, 0, 1).getTime(), new Date(2027, 0, 1).getTime(), "day");
  equal(days.length, 365);
  equal(new Set(days.map((day) => new Date(day).toDateString())).size, 365);
});
