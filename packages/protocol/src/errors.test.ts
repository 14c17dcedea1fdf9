import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, ERRORS, FlywheelError } from "./errors.ts";

test("every row of the table makes an error in the wire shape, with all four keys", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const error = new FlywheelError(code);
    const [status, retryable, type] = ERRORS[code];
    assert.deepEqual(Object.keys(error.toWire().error), ["message", "type", "param", "code"]);
    assert.deepEqual([error.status, error.retryable, error.type], [status, retryable, type]);
  }
});

test("what can be tried again is not the caller's mistake, and the other way round", () => {
  for (const [code, [status, retryable]] of Object.entries(ERRORS)) {
    // 429 says that the very same request will do later.
    if (retryable) assert.ok(status >= 500 || status === 429, code);
    if (status < 500 && status !== 429) assert.ok(!retryable, code);
  }
});

test("a message is filled from its values, which are taken as they are", () => {
  const error = new FlywheelError("model_not_found", { model: "$& {hint}", hint: " Try local/spark." });
  assert.equal(error.message, "The model `$& {hint}` does not exist here. Try local/spark.");
});
