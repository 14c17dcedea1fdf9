import { equal } from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatCost,
  formatRate,
  formatSeconds,
  formatTime,
  formatTokens,
  tokensPerSecond,
} from "./format.ts";

test("costs keep the digits that matter, from nano-dollars to dollars", () => {
  equal(formatCost(null), "–");
  equal(formatCost(0), "$0");
  equal(formatCost(1), "$0.000000001");
  equal(formatCost(4_200), "$0.0000042");
  equal(formatCost(12_345_678), "$0.0123");
  equal(formatCost(1_250_000_000), "$1.25");
});

test("durations change their unit where a person would", () => {
  equal(formatSeconds(null), "–");
  equal(formatSeconds(0.0412), "41 ms");
  equal(formatSeconds(0.9996), "1.00 s");
  equal(formatSeconds(1.239), "1.24 s");
  equal(formatSeconds(125.4), "2 m 05 s");
});

test("tokens show what is missing and what is estimated", () => {
  equal(formatTokens(38, 52, false), "38→52");
  equal(formatTokens(1238, null, true), "≈1,238→–");
  equal(formatTokens(null, null, false), "–");
});

test("a streamed answer's rate leaves out the wait for its first chunk", () => {
  equal(tokensPerSecond(50, 1.5, 0.5, true), 50);
  equal(tokensPerSecond(50, 1.25, 0.5, false), 40);
  equal(tokensPerSecond(50, 0.5, 0.5, true), null);
  equal(tokensPerSecond(null, 1, 0.5, true), null);
  equal(formatRate(312.4), "312 tok/s");
});

test("a time of another day carries its date", () => {
  const now = new Date(2026, 10, 22, 12, 4, 31).getTime();
  equal(formatTime(now, now), "12:04:31");
  equal(formatTime(now - 86_400_000, now).endsWith(" 12:04:31"), true);
});

test("sizes are decimal", () => {
  equal(formatBytes(812), "812 B");
  equal(formatBytes(1_234), "1.2 kB");
  equal(formatBytes(999_999), "1.0 MB");
});
