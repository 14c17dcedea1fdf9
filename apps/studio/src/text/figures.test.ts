import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatChange, formatLarge, formatMoney, formatShare } from "./figures.ts";

test("large counts, shares and money keep the digits that matter", () => {
  deepEqual([0, 55_000, 3_746_774, null].map(formatLarge), ["0", "55,000", "3.75M", "–"]);
  deepEqual([0, 0.0151, 0.25, 1, null].map(formatShare), ["0 %", "1.5 %", "25 %", "100 %", "–"]);
  deepEqual([0, 2_100_000, 160_942_160, 4_960_406_500, 12e12].map(formatMoney), ["$0", "$0.0021", "$0.16", "$4.96", "$12K"]); // prettier-ignore
});

test("a change is told in percent, as a factor where it is large, and in points for shares", () => {
  equal(formatChange(112, 100, "ratio"), "+12 %");
  equal(formatChange(97, 100, "ratio"), "−3 %");
  equal(formatChange(100, 100, "ratio"), "±0 %");
  equal(formatChange(2500, 100, "ratio"), "×25");
  equal(formatChange(0.011, 0.016, "points"), "−0.5 pt");
  equal(formatChange(5, 0, "ratio"), null);
  equal(formatChange(null, 0.1, "points"), null);
});
