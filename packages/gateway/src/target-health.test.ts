import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_CONFIG } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";
import { TargetHealth } from "./target-health.ts";

const provider = createProviderSet(DEFAULT_CONFIG, { OPENAI_API_KEY: "sk-test" }).get("openai")!;
const US = { foreignSecret: undefined };
const choiceOf = (model: string) => ({ target: { provider, model, passedOver: [] }, reason: "first" as const });
const circuit = { window_ms: 60, volume: 4, share: 0.5, open_ms: 10_000, longest_open_ms: 10_000 };
const budget = { ratio: 0.5, reserve: 2 };

test("a target that failed once and then works is forgotten, so that nothing is looked up any more", async () => {
  const health = new TargetHealth(circuit, budget);
  const choice = choiceOf("a");
  health.learn(US, choice, performance.now(), "works");
  assert.ok(health.calm);
  health.learn(US, choice, performance.now(), "fails");
  assert.ok(health.spend(US, choice.target));
  assert.ok(!health.calm);
  for (let i = 0; i < 2; i++) health.learn(US, choice, performance.now(), "works");
  assert.ok(!health.calm, "its failure is not old enough");
  await sleep(100);
  health.learn(US, choice, performance.now(), "works");
  assert.ok(health.calm);
});

test("retries are earned by calls, not by retries", () => {
  const health = new TargetHealth(circuit, budget);
  const { target } = choiceOf("a");
  assert.deepEqual(
    [1, 2, 3].map(() => health.spend(US, target)),
    [true, true, false],
  );
  for (let i = 0; i < 10; i++) health.learn(US, { target, reason: "retry" }, performance.now(), "fails");
  assert.equal(health.spend(US, target), false);
  for (let i = 0; i < 2; i++) health.learn(US, { target, reason: "first" }, performance.now(), "fails");
  assert.deepEqual(
    [1, 2].map(() => health.spend(US, target)),
    [true, false],
  );
});

test("clients that make up names of models cannot fill the memory", () => {
  const health = new TargetHealth(circuit, budget);
  const first = choiceOf("first");
  health.learn(US, first, performance.now(), "fails");
  for (let i = 0; i < 998; i++) health.learn(US, choiceOf(`made-up-${i}`), performance.now(), "fails");
  assert.ok(health.circuitOf(US, first.target));
  for (let i = 998; i < 1000; i++) health.learn(US, choiceOf(`made-up-${i}`), performance.now(), "fails");
  assert.equal(health.circuitOf(US, first.target), undefined);
});
