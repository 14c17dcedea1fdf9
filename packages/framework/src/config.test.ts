import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILT_IN_PATTERNS, type ConfigInput, defineConfig } from "./index.ts";

test("a configuration is returned as it was written", () => {
  const input: ConfigInput = { routes: { default: ["openai/gpt-4o-mini", "local/spark"] }, durability: "strict" };
  assert.equal(defineConfig(input), input);
});

test("a model without its provider, an unknown key and an unknown pattern do not type-check", () => {
  // @ts-expect-error A model is named with its provider.
  defineConfig({ routes: { fast: "gpt-4o-mini" } });
  // @ts-expect-error The key is `routes`.
  defineConfig({ route: {} });
  // @ts-expect-error The pattern is `email`.
  defineConfig({ redaction: ["mail"] });
  // @ts-expect-error A price has both parts.
  defineConfig({ prices: { "a/b": { input: 1 } } });
  assert.ok(defineConfig({ redaction: ["email", { name: "ticket", pattern: /TKT-\d+/ }] }));
});

test("every built-in pattern runs with the flags it will run with", () => {
  for (const [name, { pattern }] of Object.entries(BUILT_IN_PATTERNS)) {
    assert.ok(new RegExp(pattern.source, "gu"), name);
  }
});
