import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { NO_FIGURES, type UsageFigures } from "@flywheel/protocol";
import { sparkline, usageTable } from "./usage-table.ts";

const figures = (changes: Partial<UsageFigures>): UsageFigures => ({ ...NO_FIGURES, ...changes });

test("the largest count fills a cell, the least is still seen, nothing is blank", () => {
  equal(sparkline([0, 1, 50, 100], 10), " ▁▄█");
  equal(sparkline([0, 0], 10), "  ");
});

test("neighbours are added up where there are more counts than cells", () => {
  equal(sparkline([1, 1, 2, 2, 4, 4, 8], 4), "▂▄██");
});

test("columns are aligned, what is unknown is a dash, and a model's name cannot move the cursor", () => {
  const busy = figures({ generations: 12_345, errors: 12, duration: { p50: 0.2, p95: 1.5, p99: 2 }, cost_nano: 5e8 });
  const [head, first, second] = usageTable("model", [
    { name: "a/\u001b[2Jmodel", figures: busy, course: [1, 2] },
    { name: "b", figures: figures({}) },
  ]);
  equal(first!.indexOf("12,345") + 6, head!.indexOf("requests") + 8);
  deepEqual(first!.split(/ {2,}/), "a/\\u001b[2Jmodel|12,345|0.097 %|200 ms|1.50 s|–|–|0|0|0 %|$0.5|▄█".split("|"));
  deepEqual(second!.split(/ {2,}/), "b|0|–|–|–|–|–|0|0|–|$0".split("|"));
});
