import assert from "node:assert/strict";
import { test } from "node:test";
import { listedModel, listedModels } from "./catalog.ts";
import { price } from "./price.ts";
import { PROVIDERS } from "./table.ts";

test("every model of the lists has a name of its own, and prices that are no nonsense", () => {
  for (const { id } of PROVIDERS) {
    const models = listedModels(id);
    assert.equal(new Set(models.map(({ model }) => model)).size, models.length);
    for (const { model, price, context_length } of models) {
      for (const rate of Object.values(price ?? {})) assert.ok(rate >= 0 && rate < 10_000, `${id}/${model}: ${rate}`);
      assert.ok(context_length === null || context_length >= 256, `${id}/${model}: ${context_length}`);
    }
  }
});

test("a listed price is what a call costs", () => {
  for (const [provider, model] of [
    ["openai", "gpt-4o"],
    ["anthropic", "claude-3-5-haiku-latest"],
    ["deepinfra", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  ] as const) {
    const listed = listedModel(provider, model).price!;
    const cost = price({ provider, model, usage: { input_tokens: 1000, output_tokens: 500 }, time: Date.now() });
    assert.equal(cost.cost_nano, Math.round(1000 * (1000 * listed.input + 500 * listed.output)), model);
  }
});

test("the project's own price wins, a model on this machine is free, and one nobody knows has no price", () => {
  const overrides = { "openai/gpt-4o": { input: 1, output: 2 } };
  assert.deepEqual(listedModel("openai", "gpt-4o", overrides).price, { input: 1, output: 2 });
  assert.deepEqual(listedModel("ollama", "llama3.2").price, { input: 0, output: 0 });
  assert.deepEqual(listedModel("openai", "toString"), { model: "toString", price: null, context_length: null });
  assert.deepEqual(listedModels("nobody"), []);
});
