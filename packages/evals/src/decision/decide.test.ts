import assert from "node:assert/strict";
import { test } from "node:test";
import { drawCandidate, SLICE } from "../../test/candidates.ts";
import { createRandom } from "../statistics/random.ts";
import { createCanaryTrial, createShadowTrial, decide, DEFAULT_EXAMPLES, type PairedScore } from "./index.ts";

const examples = DEFAULT_EXAMPLES;
const protectedSlices = [SLICE];

function promotedOf(count: number, effect: number, sliceEffect: number): number {
  const random = createRandom(77);
  const decisions = Array.from({ length: count }, () =>
    decide(drawCandidate({ effect, sliceEffect, examples }, random), { protectedSlices }),
  );
  return decisions.filter(({ promoted }) => promoted).length / count;
}

test("candidates without effect are seldom promoted, good ones mostly", () => {
  assert.ok(promotedOf(150, 0, 0) <= 0.11);
  assert.ok(promotedOf(150, 0.05, 0.05) >= 0.7);
});

test("a candidate that is better on average and worse on a protected slice is rejected, and told where", () => {
  const scores = drawCandidate({ effect: 0.15, sliceEffect: -0.15, examples }, createRandom(5));
  assert.equal(decide(scores).promoted, true, "on average it is better");
  const decision = decide(scores, { protectedSlices });
  assert.deepEqual([decision.promoted, decision.code], [false, "slice_worse"]);
  assert.match(decision.reason, /worse on protected \(−\d/);
});

test("a protected slice with too few examples to tell stops a promotion", () => {
  const scores = drawCandidate({ effect: 0.15, sliceEffect: 0.15, examples }, createRandom(6));
  assert.equal(decide(scores, { protectedSlices: ["nobody"] }).code, "slice_too_few");
  const few = scores.map((score, i) => (i < 5 * 4 ? score : { ...score, slices: [] }));
  assert.equal(decide(few, { protectedSlices }).code, "slice_not_shown_equal");
});

test("one user with many examples is one user", () => {
  const rows = (user: (i: number) => string): PairedScore[] =>
    Array.from({ length: 400 }, (_, i) => ({
      id: String(i),
      user: user(i),
      baseline: 0,
      candidate: i < 100 ? 1 : i % 2,
    }));
  assert.equal(decide(rows(() => "one")).code, "too_few");
  assert.equal(decide(rows((i) => `u${i % 5}`)).code, "too_few");
  assert.equal(decide(rows((i) => `u${i}`)).promoted, true);
});

test("a candidate that answers exactly as before is not better, and a worse one is called so", () => {
  const same = Array.from({ length: 100 }, (_, i): PairedScore => ({
    id: String(i),
    baseline: i % 2,
    candidate: i % 2,
  }));
  assert.equal(decide(same).code, "not_better");
  assert.equal(decide(same.map((score) => ({ ...score, candidate: 0 }))).code, "worse");
});

test("scores that are none are refused", () => {
  assert.throws(() => decide([]), { code: "invalid_request" });
  assert.throws(() => decide([{ id: "a", baseline: 0, candidate: Number.NaN }]), /outside 0 to 1/);
  const twice = { id: "a", baseline: 0, candidate: 1 };
  assert.throws(() => decide([twice, twice]), /there twice/);
});

test("a shadow trial ends by itself, whichever way it is", () => {
  const end = (gain: number) => {
    const random = createRandom(8);
    const trial = createShadowTrial({ worthwhile: 0.05 });
    for (let looks = 0; looks < 400; looks++) {
      for (let i = 0; i < 10; i++) {
        const u = random.uniform();
        trial.add(u < 0.1 ? 1 : 0, u >= 0.1 && u < 0.2 + gain ? 1 : 0);
      }
      const { outcome } = trial.state();
      if (outcome !== "continue") return outcome;
    }
    return "continue";
  };
  assert.equal(end(0.1), "promote");
  assert.equal(end(-0.05), "reject");
});

test("a canary with a tenth of the users finds a large difference", () => {
  const random = createRandom(9);
  const trial = createCanaryTrial(0.1);
  for (let i = 0; i < 6000; i++) {
    const arm = random.uniform() < 0.1 ? "candidate" : "baseline";
    trial.add(arm, random.uniform() < (arm === "candidate" ? 0.9 : 0.5) ? 1 : 0);
  }
  const { outcome, interval } = trial.state();
  assert.equal(outcome, "promote");
  assert.ok(interval.low < 0.4 && 0.4 < interval.high);
});

test("a candidate that is better, but no better than one answer to everything, is not promoted", () => {
  const scores = Array.from({ length: 300 }, (_, i) => ({ id: String(i), user: `u${i % 60}`, baseline: 0, candidate: Number(i % 4 === 0), constant: Number(i % 3 === 0) })); // prettier-ignore
  assert.equal(decide(scores).code, "no_better_than_constant");
  assert.equal(decide(scores.map((score) => ({ ...score, constant: 0 }))).code, "better");
  assert.equal(decide(scores.map((score) => ({ ...score, baseline: score.candidate }))).code, "not_better");
});
