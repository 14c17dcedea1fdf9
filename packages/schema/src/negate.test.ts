import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "./documents.ts";
import { negation } from "./negate.ts";
import { validator } from "./validate.ts";

const SCHEMAS: readonly Schema[] = [
  { type: "string" },
  { type: "integer" },
  { type: ["integer", "null"] },
  { type: ["number", "object"] },
  { const: 2 },
  { const: true },
  { enum: ["a", null, 3, 2, false] },
  { type: ["null", "boolean", "number", "string", "array", "object"] },
  { minimum: 2 },
  { maximum: 2 },
  { exclusiveMinimum: 2, exclusiveMaximum: 3 },
  { type: "integer", minimum: 1, maximum: 2 },
  { minLength: 1 },
  { minLength: 0 },
  { type: "string", minLength: 2, maxLength: 2 },
  { pattern: "^a" },
  { minItems: 1 },
  { maxItems: 1 },
  { items: { type: "string" }, minItems: 1 },
  { items: false },
  { minProperties: 1 },
  { required: ["a", "b"] },
  { type: "object", required: [] },
  { properties: { a: { type: "integer" } } },
  { properties: { a: true, b: false } },
  { type: "object", properties: { a: { const: "x" } }, required: ["a"] },
  { properties: { a: { properties: { b: { enum: [1, "x"] } }, required: ["b"] } } },
  { allOf: [{ minimum: 1 }, { type: ["integer", "string"] }] },
  { anyOf: [{ minimum: 3 }, { required: ["b"] }, { type: "null" }] },
  { not: { enum: ["a", 2] } },
  { not: { required: ["a"] }, description: "no word of the value" },
];

const VALUES: readonly unknown[] = [null, true, false, 0, 1, 2, 2.5, 3, -1, 1e30, "", "a", "ab", "ba", "abc", "🐢🐢", [], [1], ["a"], ["a", 1], ["a", "b"], [[]], {}, { a: 1 }, { a: "x" }, { a: null }, { b: 1 }, { a: 1, b: 2 }, { a: { b: 1 } }, { a: { b: 2 } }, { a: {} }, { c: 0 }]; // prettier-ignore

test("what a simple schema refuses is exactly what its negation takes, and the other way round", () => {
  for (const schema of SCHEMAS) {
    const other = negation(schema);
    ok(other !== undefined, JSON.stringify(schema));
    const [takes, refuses] = [validator(schema), validator(other)];
    for (const value of VALUES)
      equal(refuses(value).length > 0, takes(value).length === 0, JSON.stringify({ schema, other, value }));
  }
});

test("what cannot be said exactly is not said", () => {
  for (const schema of [
    { multipleOf: 2 },
    { format: "date" },
    { $ref: "#" },
    { additionalProperties: false },
    { const: { a: 1 } },
    { uniqueItems: true },
    { prefixItems: [{}], items: false },
    { type: "number", minimum: 1, exclusiveMinimum: true },
    { maxProperties: 1 },
  ])
    // prettier-ignore
    equal(negation(schema), undefined, JSON.stringify(schema));
});
