import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptLines } from "./attempt-lines.ts";

test("attempts are told with what came of them, why they were made, and why there was none more", () => {
  const lines = attemptLines([
    {
      provider: "work",
      model: "large",
      reason: "first",
      passed_over: [{ provider: "openai", model: "gpt-4o", why: "unavailable", message: "set OPENAI_API_KEY" }],
      started_ms: 2,
      ended_ms: 20,
      status: 503,
      error: "upstream_error",
      message: "work is\n\u001b[31mbusy",
    },
    {
      provider: "work",
      model: "large",
      reason: "retry",
      waited_ms: 412,
      started_ms: 432,
      ended_ms: 932,
      error: "upstream_timeout",
      message: "too late",
      no_retry: "retries",
    },
    { provider: "spare", model: "ok", reason: "fallback", started_ms: 932, ended_ms: 1000, status: 200, fault: "slow" },
  ]);
  assert.deepEqual(lines, [
    "",
    "attempts",
    "  work/large  503 upstream_error: work is \\u001b[31mbusy  18 ms",
    "    asked first in order",
    "    passed over openai/gpt-4o: set OPENAI_API_KEY",
    "  work/large  upstream_timeout: too late  500 ms",
    "    asked again, after a failure that may pass; waited 412 ms",
    "    not asked again: its retries are used up",
    "  spare/ok  200 (rehearsed: slow)  68 ms",
    "    asked in place of another",
  ]);
});

test("attempts of rows from before reasons were kept are told without them", () => {
  const old = { provider: "a", model: "b", started_ms: 0, ended_ms: 1 };
  assert.deepEqual(attemptLines([old]), ["", "attempts", "  a/b  no answer  1 ms"]);
  assert.deepEqual(attemptLines([]), []);
});
