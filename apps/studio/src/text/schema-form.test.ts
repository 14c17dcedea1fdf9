import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { JsonSchema } from "@flywheel/protocol";
import type { Json } from "./json.ts";
import { blankOf, fieldOf, keywordsOf, variantOf } from "./schema-form.ts";

const ROOT: JsonSchema = {
  type: "object",
  properties: {
    message: { type: "string" },
    when: { type: "string", format: "date" },
    urgency: { anyOf: [{ const: 1 }, { enum: [2, 3] }] },
    tags: { type: "array", items: { type: "string" } },
    sender: { $ref: "#/$defs/Person" },
    payment: {
      anyOf: [
        {
          type: "object",
          properties: { kind: { const: "card" }, digits: { type: "string" } },
          required: ["kind", "digits"],
        },
        { type: "object", properties: { kind: { const: "cash" } }, required: ["kind"] },
        { type: "null" },
      ],
    },
    extra: { type: "object", additionalProperties: { type: "number" } },
  },
  required: ["message", "urgency", "sender", "payment"],
  $defs: {
    Person: {
      type: "object",
      properties: { name: { type: "string", maxLength: 40 }, manager: { $ref: "#/$defs/Person" } },
      required: ["name"],
    },
  },
};
const member = (name: string): JsonSchema => (ROOT as { properties: Record<string, JsonSchema> }).properties[name]!;

test("each part of a schema has a field, and what has none is written as JSON", () => {
  const kinds = Object.keys((ROOT as { properties: object }).properties).map(
    (name) => fieldOf(member(name), ROOT).kind,
  );
  deepEqual(kinds, ["text", "text", "choice", "list", "group", "variants", "json"]);
  deepEqual(fieldOf(member("when"), ROOT), { kind: "text", long: false, hint: "date" });
  deepEqual(fieldOf(member("urgency"), ROOT), { kind: "choice", values: [1, 2, 3] });
  const payment = fieldOf(member("payment"), ROOT);
  deepEqual(payment.kind === "variants" && payment.variants.map(({ label }) => label), ["card", "cash", "null"]);
  for (const odd of [true, {}, { type: "nonsense" }, { $ref: "#/nowhere" }, { items: 4, type: "array" }])
    equal(fieldOf(odd, ROOT).kind, "json");
});

test("a blank holds what is required and no more, also where a type holds itself", () => {
  const sender = { name: "" };
  deepEqual(blankOf(ROOT, ROOT), { message: "", urgency: 1, sender, payment: { kind: "card", digits: "" } });
  const endless: JsonSchema = { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] };
  equal(typeof blankOf(endless, endless), "object");
});

test("a value is told to be one of several variants by its constants and its type", () => {
  const payment = fieldOf(member("payment"), ROOT);
  if (payment.kind !== "variants") throw new Error(payment.kind);
  const which = (value: Json) => variantOf(value, payment.variants, ROOT);
  const values: Json[] = [{ kind: "cash" }, { kind: "card", digits: "" }, null, "odd"];
  deepEqual(values.map(which), [1, 0, 2, 0]);
});

test("references that go in circles come to an end", () => {
  const circle: JsonSchema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } };
  equal(typeof keywordsOf(circle, circle), "object");
  equal(fieldOf(circle, circle).kind, "json");
});
