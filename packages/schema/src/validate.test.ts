import { deepEqual, equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { sayProblems, validator } from "./validate.ts";

const check = validator({
  type: "object",
  properties: { queue: { enum: ["cards", "billing"] }, due: { type: "string", format: "date" }, "a/b": { const: 1 } },
  required: ["queue"],
  additionalProperties: false,
});

test("a valid value has no problems", () => {
  deepEqual(check({ queue: "cards", due: "2026-02-28" }), []);
});

test("every problem is said once, with its place and what would be right", () => {
  deepEqual(check({ due: "2026-02-30", "a/b": 2, extra: true }), [
    { path: "", message: "must have the property `queue`" },
    { path: "", message: "must not have the property `extra`" },
    { path: "/due", message: 'must match format "date"' },
    { path: "/a~1b", message: "must be 1" },
  ]);
  match(sayProblems(check({ queue: "other" })), /^`\/queue` must be one of "cards", "billing"$/);
  equal(sayProblems(check(1)), "it must be object");
});

test("what is no schema is an error at once", () => {
  throws(() => validator({ type: "zebra" }), /schema is invalid/);
});

test("a multiple is one however large it is, and however its fraction is stored", () => {
  const cents = validator({ type: "number", multipleOf: 0.01 });
  deepEqual([4.35, 0.07, 1e22, -19.99].map(cents), [[], [], [], []]);
  deepEqual(cents(4.355), [{ path: "", message: "must be multiple of 0.01" }]);
});
