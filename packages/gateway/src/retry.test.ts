import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { retryAfter } from "@flywheel/providers";
import { fullJitter, retryWait } from "./retry.ts";
import type { Situation } from "./retry.ts";

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

describe("what a provider asks to wait for", () => {
  const cases: [headers: string[], ms: number | undefined][] = [
    [["Retry-After", "7"], 7000],
    [["retry-after", "0"], 0],
    [["retry-after", "1.5"], 1500],
    [["retry-after-ms", "250", "retry-after", "7"], 250],
    [["retry-after-ms", "soon", "retry-after", "7"], 7000],
    [["retry-after", "Mon, 23 Nov 2026 12:00:30 GMT"], 30_000],
    [["retry-after", "Monday, 23-Nov-26 12:00:30 GMT"], 30_000],
    [["retry-after", "Mon, 23 Nov 2026 11:00:00 GMT"], 0],
    [["retry-after", "-5"], undefined],
    [["retry-after", "Infinity"], undefined],
    [["retry-after", "1e3"], undefined],
    [["retry-after", "later"], undefined],
    [["retry-after", "2026-11-23"], undefined],
    [["retry-after", ""], undefined],
    [[], undefined],
  ];
  for (const [headers, ms] of cases)
    test(`${headers.join(": ") || "nothing"} is ${ms} ms`, () => assert.equal(retryAfter(headers, NOW), ms));
});

describe("the wait before a retry", () => {
  const limits = { retries: 2, base_ms: 500, cap_ms: 3000, longest_wait_ms: 5000, longest_wait_with_others_ms: 1000 };
  const usual: Situation = {
    retry: 0,
    retries: 2,
    headers: [],
    circuitOpen: false,
    othersLeft: false,
    left_ms: 60_000,
  };
  const decide = (changes: Partial<Situation>, random = 0.5, budget = true) =>
    retryWait(
      { ...usual, ...changes },
      limits,
      () => random,
      () => budget,
    );

  test("is anything from nothing to a bound that doubles and then stays", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 9].map((retry) => fullJitter(retry, limits, () => 1)),
      [500, 1000, 2000, 3000, 3000],
    );
    assert.equal(
      fullJitter(5, limits, () => 0),
      0,
    );
  });

  test("comes on top of what the provider asks for", () => {
    assert.equal(decide({ headers: ["retry-after", "2"] }), 2250);
    assert.equal(decide({ headers: ["retry-after", "2"], retry: 1 }), 2500);
  });

  test("is not made where that would be in vain", () => {
    assert.equal(decide({ retry: 2 }), "retries");
    assert.equal(decide({ retries: 0 }), "retries");
    assert.equal(decide({ headers: ["X-Should-Retry", "false"] }), "asked_not_to");
    assert.equal(decide({ circuitOpen: true }), "circuit");
    assert.equal(decide({ headers: ["retry-after", "6"] }), "wait");
    assert.equal(decide({ headers: ["retry-after", "2"], othersLeft: true }), "wait");
    assert.equal(decide({ headers: ["retry-after", "2"], left_ms: 2100 }), "total");
    assert.equal(decide({ left_ms: -1 }, 0), "total");
    assert.equal(decide({}, 0.5, false), "budget");
  });

  test("takes nothing out of the budget where it is not made", () => {
    let spent = 0;
    retryWait({ ...usual, retry: 2 }, limits, Math.random, () => ++spent > 0);
    retryWait({ ...usual, left_ms: 0 }, limits, Math.random, () => ++spent > 0);
    assert.equal(spent, 0);
  });
});
