import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { randomInstance } from "../../test/random-instance.ts";
import { randomSchema } from "../../test/random-schema.ts";
import type { Schema } from "../documents.ts";
import type { KeywordReport } from "../report.ts";
import { validator } from "../validate.ts";
import { lower, type TargetName } from "./lower.ts";
import { type TargetRules, TARGETS } from "./rules.ts";

type Fields = Record<string, unknown>;
const NAMES = Object.keys(TARGETS) as TargetName[];

const BOOKING: Schema = {
  type: "object",
  description: "A table.",
  properties: {
    name: { type: "string", minLength: 1 },
    note: { type: "string" },
    seats: { type: "object", additionalProperties: { type: "integer" } },
    span: { type: "array", prefixItems: [{ type: "number" }, { type: "number" }], items: false },
    guest: { anyOf: [{ type: "string" }, { $ref: "#/$defs/guest" }] },
  },
  required: ["name", "seats", "span"],
  additionalProperties: false,
  $defs: {
    guest: { type: "object", properties: { of: { $ref: "#/$defs/guest" }, age: { const: 7 } }, required: ["age"] },
  },
};

describe("OpenAI's strict mode", () => {
  const { schema, strict, report, lift } = lower(BOOKING, "openai");

  test("gets closed objects of required properties, null for what may be left out, and lists for records and tuples", () => {
    ok(strict);
    const { properties, required } = schema as { properties: Record<string, Fields>; required: string[] };
    deepEqual(required, ["name", "note", "seats", "span", "guest"]);
    deepEqual(properties["name"], { type: "string", description: "minLength: 1" });
    deepEqual(properties["note"], { anyOf: [{ type: "string" }, { type: "null" }] });
    const pair = { type: "object", properties: { name: { type: "string" }, value: { type: "integer" } }, required: ["name", "value"], additionalProperties: false }; // prettier-ignore
    deepEqual(properties["seats"], { type: "array", items: pair, description: "properties, by name" });
    deepEqual(Object.keys(properties["span"]!["properties"] as Fields), ["0", "1"]);
    equal(schema["description"], "A table.");
    const loose = report.filter(({ action }) => action !== "enforced");
    deepEqual(loose, [{ path: "/properties/name", keyword: "minLength", action: "checked afterwards" }]);
  });

  test("its values become what the endpoint promised", () => {
    const value = { name: "Ada", note: null, seats: [{ name: "in", value: 2 }], span: { "0": 18, "1": 20.5 }, guest: { of: null, age: 7 } }; // prettier-ignore
    deepEqual(lift!(value), { name: "Ada", seats: { in: 2 }, span: [18, 20.5], guest: { age: 7 } });
    deepEqual(lift!("no such thing"), "no such thing");
  });

  test("a root that is no object is wrapped, and what has no type is JSON in a text", () => {
    const list = lower({ type: "array", items: {} }, "openai");
    equal((list.schema as { type: string }).type, "object");
    deepEqual(list.lift!({ value: ['{"a":1}', "plain"] }), [{ a: 1 }, "plain"]);
  });
});

describe("what is larger than OpenAI takes", () => {
  const object = (properties: Fields): Schema => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false }); // prettier-ignore
  const words = (count: number, length = 1) => Array.from({ length: count }, (_, i) => String(i).padStart(length, "w"));
  const looseOf = (schema: Schema) => lower(schema, "openai").report.filter(({ action }) => action !== "enforced").map(({ path, keyword }) => `${path} ${keyword}`); // prettier-ignore

  test("a list of values is said in words, and checked afterwards", () => {
    const long = object({ small: { enum: ["a", "b"] }, large: { type: "string", enum: words(1001) } });
    deepEqual(looseOf(long), ["/properties/large enum"]);
    const { large } = (lower(long, "openai").schema as { properties: Record<string, Fields> }).properties;
    deepEqual([large!["type"], large!["enum"]], ["string", undefined]);
    ok(String(large!["description"]).includes('"1000"'));
    deepEqual(looseOf(object({ wide: { enum: words(251, 60) } })), ["/properties/wide enum"]);
    deepEqual(looseOf(object({ wide: { enum: words(250, 60) } })), []);
    deepEqual(looseOf(object({ a: { enum: words(600) }, b: { enum: words(600) } })), ["/properties/b enum"]);
  });

  test("what is nested deeper stands beside it, and is held to all the same", () => {
    let deep: Schema = { type: "string" };
    let value: unknown = "x";
    for (let i = 0; i < 25; i++) [deep, value] = [object({ in: deep }), { in: value }];
    deepEqual(looseOf(deep), []);
    const { schema } = lower(deep, "openai");
    ok(levelsOf(schema) <= 10, `${levelsOf(schema)} levels`);
    deepEqual(validator(schema)(value), []);
    ok(validator(schema)({ in: { in: 1 } }).length > 0);
  });

  test("an object of too many properties, or of too long names, is JSON in a text", () => {
    const many = object({ few: { type: "boolean" }, many: object(Object.fromEntries(words(5000).map((name) => [name, { type: "null" }]))) }); // prettier-ignore
    const { schema, lift, report } = lower(many, "openai");
    const { properties } = schema as { properties: Record<string, Fields> };
    equal(properties["many"]!["type"], "string");
    deepEqual(lift!({ few: true, many: '{"0":null}' }), { few: true, many: { "0": null } });
    equal(report.find(({ path, keyword }) => path === "/properties/many" && keyword === "properties")?.action, "approximated"); // prettier-ignore
    ok(looseOf(object({ a: object({ ["x".repeat(120_000)]: {} }) })).includes("/properties/a properties"));
  });
});

/** Schemas within schemas, as OpenAI's own library counts them: a reference is not followed. */
function levelsOf(schema: unknown): number {
  const { properties = {}, items, anyOf = [], $defs = {} } = schema as Record<string, Fields>;
  const within = [...Object.values(properties), ...Object.values($defs), ...(anyOf as unknown as unknown[])];
  return Math.max(0, ...[...within, ...(items ? [items] : [])].map((each) => 1 + levelsOf(each)));
}

test("where nothing need be changed there is nothing to lift", () => {
  const plain: Schema = { type: "object", properties: { a: { enum: ["x", "y"] } }, required: ["a"], additionalProperties: false }; // prettier-ignore
  for (const name of NAMES) equal(lower(plain, name).lift, undefined, name);
});

test("Anthropic gets no references: a schema within itself is written out a few times", () => {
  const { schema, report } = lower(BOOKING, "anthropic");
  ok(!JSON.stringify(schema).includes("$ref"));
  equal(report.find(({ path }) => path === "/$defs/guest/properties/of")?.action, "approximated");
});

for (const name of NAMES)
  test(`${name}: what fits the lowered schema fits, lifted, the original but for what the report names`, () => {
    let tried = 0;
    for (let number = 3; number < 4000; number += 307) {
      const schema = randomSchema(number);
      const { schema: lowered, report, lift = (value) => value } = lower(schema, name);
      keepsTo(TARGETS[name], lowered, schema);
      const [fits, original] = [validator(lowered), validator(without(schema, report))];
      const chance = chances(number);
      for (let i = 0; i < 10; i++) {
        const value = randomInstance(lowered, chance);
        if (fits(value).length > 0) continue;
        tried++;
        const lifted = lift(value);
        deepEqual(original(lifted), [], JSON.stringify({ number, value, lifted }));
      }
    }
    ok(tried > 25, `${tried} values fit`);
  });

test("a hostile schema is lowered in a moment, or cut off with a line in the report", () => {
  let deep: Schema = { type: "string" };
  for (let i = 0; i < 3000; i++) deep = { type: "array", items: deep };
  const node = { type: "object", properties: Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`p${i}`, { $ref: "#" }])) }; // prettier-ignore
  for (const name of NAMES)
    for (const schema of [
      deep,
      node,
      { $ref: "#" },
      { allOf: [{ $ref: "#" }] },
      { $ref: "#/nowhere" },
      { enum: [] },
      false,
      true,
    ])
      // prettier-ignore
      lower(schema, name);
  ok(lower(node, "anthropic").report.some(({ action }) => action === "approximated"));
});

test("a text is lifted while it is written, where nulls are all there is to leave out", () => {
  const at = (lowered: ReturnType<typeof lower>, text: string) => {
    const strip = lowered.liftText!();
    return [...text].map(strip).join("");
  };
  const { guest } = (BOOKING as { $defs: Record<string, Schema> }).$defs;
  const list = lower({ type: "object", properties: { "a\"": { type: "array", items: { $ref: "#/$defs/guest" } }, b: { type: ["string", "null"] } }, required: ["b"], additionalProperties: false, $defs: { guest: guest! } }, "openai"); // prettier-ignore
  const text = '{ "a\\"": [{"of": {"of": null, "age": 7}, "age":7}, {"of":null,"age":7}], "b" : null }';
  equal(at(list, text), '{"a\\"":[{"of":{"age":7},"age":7},{"age":7}],"b":null}');
  equal(lower(BOOKING, "openai").liftText, undefined, "a list of pairs is a record at its end only");
  let tried = 0;
  for (let number = 3; number < 4000; number += 97) {
    const lowered = lower(randomSchema(number), "openai");
    for (let i = 0; lowered.liftText && i < 5; i++) {
      const value = randomInstance(lowered.schema, chances(number + i));
      if (validator(lowered.schema)(value).length > 0) continue;
      deepEqual(JSON.parse(at(lowered, JSON.stringify(value))), JSON.parse(JSON.stringify(lowered.lift!(value))));
      tried++;
    }
  }
  ok(tried > 10, `${tried} texts`);
});

/** The schema without the keywords that a report calls anything but enforced. */
function without(schema: Schema, report: readonly KeywordReport[]): Schema {
  const copy = structuredClone(schema) as Fields;
  const loose = report.filter(({ action }) => action !== "enforced");
  // From within outwards: a place must still be there when its turn comes.
  for (const { path, keyword } of loose.toSorted((a, b) => b.path.length - a.path.length)) {
    let at: unknown = copy;
    for (const step of path.split("/").slice(1)) at = (at as Fields)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    const fields = at as Fields;
    if (keyword === "oneOf") fields["anyOf"] = fields["oneOf"];
    delete fields[keyword];
  }
  return copy;
}

/** Fails where a schema holds something that its target does not take. */
function keepsTo(rules: TargetRules, lowered: Fields, from: Schema): void {
  if (rules.objectRoot) equal(lowered["type"], "object", JSON.stringify(from));
  const visit = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    const fields = schema as Fields;
    const { type, properties = {}, items, prefixItems = [], anyOf = [], additionalProperties, required, $defs = {}, $ref } = fields; // prettier-ignore
    const said = Object.keys(fields).filter((keyword) => !STRUCTURE.has(keyword));
    for (const keyword of said)
      ok(rules.keywords.has(keyword) || (keyword === "format" && (rules.formats?.has(String(fields["format"])) ?? true)), keyword); // prettier-ignore
    if (rules.typed) ok(type !== undefined || $ref !== undefined || "anyOf" in fields, JSON.stringify(fields));
    if ("prefixItems" in fields) ok(rules.tuples);
    if ($ref !== undefined) ok(rules.references);
    if (type === "object" && rules.closed) equal(additionalProperties, false);
    if (type === "object" && rules.allRequired) deepEqual((required as string[]).toSorted(), Object.keys(properties as Fields).toSorted()); // prettier-ignore
    const within = [properties, $defs].flatMap((each) => Object.values(each as Fields));
    for (const each of [...within, items, additionalProperties, ...(prefixItems as unknown[]), ...(anyOf as unknown[])])
      visit(each);
  };
  visit(lowered);
}

const STRUCTURE = new Set(["type", "properties", "required", "additionalProperties", "items", "prefixItems", "anyOf", "enum", "description", "$ref", "$defs"]); // prettier-ignore

/** A linear congruential generator (Numerical Recipes): the same numbers for the same seed. */
function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
