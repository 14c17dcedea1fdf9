import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { stretches } from "@flywheel/protocol";
import { boundsOf, parsePeriod } from "./period.ts";

const NOW = new Date(2026, 10, 20, 9, 41, 7).getTime();
const DAY = 86_400_000;

test("what makes no sense in the address is dropped", () => {
  deepEqual(parsePeriod({ range: "2h", from: "x", to: -1 }), {});
  deepEqual(parsePeriod({ from: 20, to: 10 }), {});
  deepEqual(parsePeriod({ to: 10 }), {});
  deepEqual(parsePeriod({ range: "7d", from: 5 }), { range: "7d" });
});

test("each period has as many stretches as its name says, the last one not over yet", () => {
  const counts = (["1h", "24h", "7d", "30d"] as const).map((range) => {
    const { from, to, step } = boundsOf({ range }, NOW);
    equal(to, NOW);
    return [step, stretches(from, to, step).length];
  });
  deepEqual(counts, [
    ["minute", 60],
    ["hour", 24],
    ["hour", 6 * 24 + 10],
    ["day", 30],
  ]);
});

test("the period before is as long and has got as far, over a clock change too", () => {
  for (const range of ["1h", "24h", "7d", "30d"] as const)
    for (const now of [NOW, new Date(2026, 2, 30, 12).getTime(), new Date(2026, 9, 26, 12).getTime()]) {
      const { from, to, step, before } = boundsOf({ range }, now);
      const here = stretches(from, to, step).length;
      const there = stretches(before.from, before.to, step).length;
      equal(Math.abs(here - there) <= 1, true, `${range} ${now}: ${here} and ${there}`);
      equal(before.to <= from + (to - before.to), true);
    }
});

test("a period of one's own goes on to now where no end is said, and has a period before it", () => {
  const { from, to, step, before } = boundsOf({ from: NOW - 20 * DAY }, NOW);
  deepEqual({ from, to, step, before }, { from: NOW - 20 * DAY, to: NOW, step: "day", before: { from: NOW - 40 * DAY, to: from } }); // prettier-ignore
  equal(boundsOf({ from: 1, to: NOW }, NOW).from > NOW - 2000 * DAY, true);
});
