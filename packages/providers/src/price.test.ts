import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { PRICE_VERSION, price } from "./price.ts";
import type { PriceRequest } from "./price.ts";

const TIME = Date.UTC(2026, 10, 1);

function ask(changes: Partial<PriceRequest>): PriceRequest {
  return {
    provider: "openai",
    model: "gpt-4o-mini",
    usage: { input_tokens: 1000, output_tokens: 100 },
    time: TIME,
    ...changes,
  };
}

describe("the price of a generation", () => {
  test("comes from the table, in integer nano-dollars", () => {
    // $0.15 and $0.60 per million tokens.
    assert.deepEqual(price(ask({})), { cost_nano: 210_000, cost_source: "table", price_version: PRICE_VERSION });
  });

  test("counts cached input at its own rate", () => {
    // 100 × $0.15 + 900 × $0.075 + 100 × $0.60, per million.
    assert.equal(
      price(ask({ usage: { input_tokens: 1000, cache_read_input_tokens: 900, output_tokens: 100 } })).cost_nano,
      142_500,
    );
  });

  test("survives more cached tokens than input tokens", () => {
    assert.equal(
      price(ask({ usage: { input_tokens: 10, cache_read_input_tokens: 900, output_tokens: 0 } })).cost_nano,
      67_500,
    );
  });

  test("is the provider's own figure before anything else", () => {
    const overrides = { "openai/gpt-4o-mini": { input: 1, output: 1 } };
    assert.deepEqual(price(ask({ provider_cost_nano: 7 }), overrides), {
      cost_nano: 7,
      cost_source: "provider",
      price_version: PRICE_VERSION,
    });
  });

  test("is the project's override before the table, cached rates included", () => {
    const overrides = { "openai/gpt-4o-mini": { input: 2, output: 10, cache_read: 0.5 } };
    const usage = { input_tokens: 1000, cache_read_input_tokens: 400, output_tokens: 10 };
    assert.deepEqual(price(ask({ usage }), overrides), {
      cost_nano: 600 * 2000 + 400 * 500 + 10 * 10_000,
      cost_source: "override",
      price_version: PRICE_VERSION,
    });
  });

  test("is nothing on this machine", () => {
    for (const provider of ["local", "ollama", "vllm"])
      assert.deepEqual(price(ask({ provider, usage: null })), {
        cost_nano: 0,
        cost_source: "local",
        price_version: PRICE_VERSION,
      });
  });

  test("is found under the name the provider answers with, or else the one we asked for", () => {
    assert.equal(price(ask({ model: "an-alias", response_model: "gpt-4o-mini-2024-07-18" })).cost_source, "table");
    assert.equal(price(ask({ response_model: "something-new" })).cost_source, "table");
  });

  test("is null, not zero, where nobody knows it", () => {
    for (const changes of [
      { model: "nobody-knows" },
      { provider: "nobody" },
      { usage: null },
      { usage: {} },
      { provider: "__proto__", model: "x" },
    ]) {
      assert.deepEqual(price(ask(changes)), { cost_nano: null, cost_source: "unknown", price_version: PRICE_VERSION });
    }
  });
});

test("the version on each row is that of the pinned dependency", () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    dependencies: Record<string, string>;
  };
  assert.equal(PRICE_VERSION, `genai-prices@${dependencies["@pydantic/genai-prices"]}`);
});

test("a provider that only the snapshot of models.dev knows is priced by it, and the row says so", () => {
  const usage = { input_tokens: 1_000_000, output_tokens: 1_000_000, cache_read_input_tokens: 500_000 };
  const found = price({ provider: "deepinfra", model: "MiniMaxAI/MiniMax-M2.5", usage, time: Date.UTC(2026, 9, 1) });
  // 0.5 M plain at $0.15, 0.5 M read from the cache at $0.03, 1 M written at $1.15.
  assert.equal(found.cost_nano, (0.075 + 0.015 + 1.15) * 1e9);
  assert.equal(found.cost_source, "table");
  assert.match(found.price_version, /^models\.dev@[0-9a-f]{12}$/);
});
