import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { UsageFigures } from "@flywheel/protocol";
import { sparkline, usageTable } from "./usage-table.ts";

const UNKNOWN = { p50: null, p95: null, p99: null };
const figures = (changes: Partial<UsageFigures>): UsageFigures => ({
  generations: 0,
  errors: 0,
  aborted: 0,
  cached: 0,
  duration: UNKNOWN,
  time_to_first_chunk: UNKNOWN,
  tokens_per_second: null,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  cost_nano: 0,
  unpriced: 0,
  ...changes,
});

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
