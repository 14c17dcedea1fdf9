import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";

test("the package's own entry does not load llama.cpp, only the server's entry may", async () => {
  const loaded: string[] = [];
  registerHooks({
    resolve(specifier, context, next) {
      loaded.push(specifier);
      return next(specifier, context);
    },
  });
  await import("./index.ts");
  assert.ok(loaded.includes("./gguf.ts"));
  assert.ok(!loaded.includes("node-llama-cpp"));
});
