import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recogniser } from "../test/recogniser.ts";
import { type CompileOptions, compileSchema, type Schema, SchemaError } from "./index.ts";

/** Values that the grammar of a schema accepts as compact JSON, and those it does not. */
function accepts(schema: Schema, good: unknown[], bad: unknown[], options: CompileOptions = {}): void {
  const grammar = recogniser(compileSchema(schema, options).gbnf);
  for (const value of good) assert.ok(grammar.accepts(JSON.stringify(value)), `accepts ${JSON.stringify(value)}`);
  for (const value of bad) assert.ok(!grammar.accepts(JSON.stringify(value)), `refuses ${JSON.stringify(value)}`);
}

const actionOf = (schema: Schema, keyword: string) =>
  compileSchema(schema).report.find((line) => line.keyword === keyword)?.action;

const CLOSED = { type: "object", additionalProperties: false } as const;

describe("an object", () => {
  test("has its required members, in the schema's order, and may leave out the others", () => {
    const schema = { ...CLOSED, properties: { a: { type: "integer" }, b: { const: true }, c: { type: "null" } }, required: ["b"] }; // prettier-ignore
    accepts(schema, [{ b: true }, { a: 1, b: true }, { b: true, c: null }, { a: 1, b: true, c: null }], [{}, { a: 1 }, { b: false }, { b: true, d: 1 }]); // prettier-ignore
  });

  test("with a hundred optional members has a grammar of a few hundred rules", () => {
    const properties = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, { type: "integer" }]));
    const { gbnf } = compileSchema({ ...CLOSED, properties });
    assert.ok(gbnf.split("\n").length < 500);
    assert.ok(recogniser(gbnf).accepts('{"p3":1,"p97":2}'));
  });

  test("that is open takes other members, but none under a name that has a schema of its own", () => {
    const schema = { properties: { id: { type: "integer" } }, additionalProperties: { type: "string" } };
    accepts({ type: "object", ...schema }, [{}, { id: 1, x: "y" }, { idx: "y" }, { i: "y" }], [{ id: "y" }, { x: 1 }, { x: "y", id: "z" }]); // prettier-ignore
  });

  test("holds names to patterns, to `propertyNames`, and to both at once", () => {
    accepts({ type: "object", patternProperties: { "^x-": { type: "integer" } }, additionalProperties: false }, [{ "x-1": 1 }], [{ "x-1": "1" }, { y: 1 }]); // prettier-ignore
    accepts({ type: "object", propertyNames: { pattern: "^[a-z]{2}$" } }, [{ de: 1, fr: 2 }], [{ deu: 1 }]);
  });

  test("counts its members", () => {
    accepts({ type: "object", minProperties: 1, maxProperties: 2, additionalProperties: { type: "integer" } }, [{ a: 1 }, { a: 1, b: 2 }], [{}, { a: 1, b: 2, c: 3 }]); // prettier-ignore
  });
});

describe("a choice", () => {
  test("of discriminated objects is enforced", () => {
    const side = (kind: string, member: string) => ({ ...CLOSED, properties: { kind: { const: kind }, [member]: { type: "number" } }, required: ["kind", member] }); // prettier-ignore
    const schema = { oneOf: [side("circle", "radius"), side("square", "side")] };
    accepts(schema, [{ kind: "circle", radius: 1 }, { kind: "square", side: 2 }], [{ kind: "circle", side: 1 }, { kind: "line" }]); // prettier-ignore
    assert.ok(compileSchema(schema).enforced);
  });

  test("whose schemas overlap says that it is approximated", () => {
    assert.equal(actionOf({ oneOf: [{ type: "integer" }, { minimum: 3 }] }, "oneOf"), "approximated");
  });

  test("beside other keywords keeps to both", () => {
    accepts({ type: "string", anyOf: [{ maxLength: 2 }, { pattern: "^x" }] }, ["ab", "xyz"], ["abc", 1]);
  });
});

describe("a string", () => {
  test("keeps to a pattern and a length at once, as it is escaped", () => {
    accepts({ type: "string", pattern: '^["\\\\\\n]+$', minLength: 2, maxLength: 3 }, ['""', '\\\n"'], ['"', '""""', "aa"]); // prettier-ignore
  });

  test("counts characters, not bytes or halves of them", () => {
    accepts({ type: "string", minLength: 1, maxLength: 2 }, ["🐢", "🐢é"], ["", "🐢🐢🐢"]);
  });

  test("knows its formats, and that 2100 is no leap year", () => {
    accepts({ type: "string", format: "date" }, ["2024-02-29", "2026-11-30"], ["2100-02-29", "2026-11-31", "26-1-1"]);
    assert.equal(actionOf({ type: "string", format: "date" }, "format"), "enforced");
    assert.equal(actionOf({ type: "string", format: "iri" }, "format"), "checked afterwards");
  });

  test("is one of a few, less those that another schema denies", () => {
    accepts({ enum: ["a", "b", 3, null], not: { const: "b" } }, ["a", 3, null], ["b", "c", 4]);
  });
});

test("a count of properties is no promise where a name may come twice", () => {
  const open = { type: "object", properties: { a: {} }, required: ["a"] };
  assert.equal(actionOf({ ...open, minProperties: 3 }, "minProperties"), "approximated");
  assert.equal(actionOf({ ...open, minProperties: 2 }, "minProperties"), "enforced");
  assert.equal(actionOf({ ...CLOSED, properties: { a: {}, b: {} }, minProperties: 2 }, "minProperties"), "enforced");
});

describe("an array", () => {
  test("has items of its own, then others, as many as allowed", () => {
    accepts({ type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: { type: "boolean" }, minItems: 1, maxItems: 3 }, [["a"], ["a", 1], ["a", 1, true]], [[], [1], ["a", 1, 2], ["a", 1, true, true]]); // prettier-ignore
  });
});

describe("what a schema refuses is said exactly", () => {
  const enforced = (schema: Schema) =>
    assert.deepEqual(compileSchema(schema).report.filter(({ action }) => action !== "enforced"), []); // prettier-ignore

  test("by `not`", () => {
    const schema = { type: ["integer", "object"], not: { anyOf: [{ enum: [1, 3] }, { type: "object", properties: { a: { type: "string", pattern: "^x" } }, required: ["a"] }] } }; // prettier-ignore
    accepts(schema, [0, 2, 4, {}, { a: 1 }, { a: "y" }, { b: "x" }], [1, 3, { a: "x" }]);
    enforced(schema);
  });

  test("by `if`, with `then`, with `else`, with both", () => {
    const condition = { properties: { kind: { const: "a" } }, required: ["kind"] };
    const schema = { ...CLOSED, properties: { kind: { type: "string" }, x: { type: "integer" } } };
    const conditional = (more: string) => ({ ...schema, ...(JSON.parse(`{"if":${JSON.stringify(condition)},${more}}`) as object) }); // prettier-ignore
    const then = '"then":{"required":["x"]}';
    accepts(conditional(then), [{ kind: "a", x: 1 }, { kind: "b" }, { x: 1 }, {}], [{ kind: "a" }]);
    accepts(conditional('"else":{"required":["x"]}'), [{ kind: "a" }, { kind: "b", x: 1 }], [{ kind: "b" }, {}]);
    accepts(conditional(`${then},"else":{"properties":{"x":false}}`), [{ kind: "a", x: 1 }, {}], [{ kind: "b", x: 1 }]);
    enforced(conditional(then));
  });

  test("by `oneOf`", () => {
    const schema = { oneOf: [{ type: "integer" }, { type: "number", minimum: 2 }] };
    accepts(schema, [1, 2.5, -3], [2, 3, 1.5]);
  });

  test("by what a property asks for besides", () => {
    const schema = { ...CLOSED, properties: { a: {}, b: {}, c: {} }, dependentRequired: { a: ["b"] }, dependentSchemas: { c: { properties: { b: false } } } }; // prettier-ignore
    accepts(schema, [{}, { a: 1, b: 1 }, { b: 1 }, { c: 1 }], [{ a: 1 }, { b: 1, c: 1 }, { a: 1, b: 1, c: 1 }]);
    enforced(schema);
  });

  test("by how many items are as `contains` says", () => {
    const schema = {
      type: "array",
      items: { enum: ["a", "b"] },
      contains: { const: "a" },
      minContains: 1,
      maxContains: 2,
    };
    accepts(schema, [["a"], ["b", "a", "b", "a", "b"]], [[], ["b"], ["a", "a", "b", "a"], ["a", "c"]]);
    enforced(schema);
  });

  test("unless that multiplies out: then it is left to validation", () => {
    const choice = { anyOf: Array.from({ length: 30 }, (_, i) => ({ required: [`a${i}`] })) };
    const schema = { type: "object", allOf: Array.from({ length: 20 }, (_, i) => ({ dependentRequired: { [`a${i}`]: [`b${i}`] } })), not: choice }; // prettier-ignore
    assert.equal(actionOf(schema, "not"), "checked afterwards");
  });
});

describe("a schema that refers to itself", () => {
  test("through a value is a recursive grammar", () => {
    const schema = { ...CLOSED, properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } }, required: ["name"] }; // prettier-ignore
    accepts(schema, [{ name: "a", children: [{ name: "b", children: [] }] }], [{ name: "a", children: [{}] }]);
  });

  test("without ever coming to a value is refused, and so is one that only an endless value fits", () => {
    assert.throws(() => compileSchema({ $ref: "#" }), SchemaError);
    assert.throws(
      () => compileSchema({ ...CLOSED, properties: { next: { $ref: "#" } }, required: ["next"] }),
      /no value/,
    );
  });
});

describe("a hostile schema", () => {
  test("with ten thousand values, a deep nest or a pattern that backtracks compiles in a moment", () => {
    compileSchema({ enum: Array.from({ length: 10_000 }, (_, i) => `value ${i}`) });
    let deep: Schema = { type: "string" };
    for (let i = 0; i < 2000; i++) deep = { type: "array", items: deep };
    assert.ok(compileSchema(deep).gbnf.length > 2000);
    accepts({ type: "string", pattern: "^(a+)+$" }, ["aaaa"], ["aaab"]);
  });

  test("that multiplies out is refused with its place", () => {
    const choice = { anyOf: Array.from({ length: 30 }, (_, i) => ({ pattern: `^${i}` })) };
    assert.throws(() => compileSchema({ allOf: [choice, choice] }), /more than 500 alternatives/);
  });
});

test("white space, where it is wanted, is bounded", () => {
  const { gbnf } = compileSchema({ type: "array", items: { type: "integer" } }, { whitespace: "bounded" });
  const grammar = recogniser(gbnf);
  for (const text of ["[1,2]", "[ 1, 2 ]", "[\n  1,\n  2\n]"]) assert.ok(grammar.accepts(text), text);
  assert.ok(!grammar.accepts(`[${" ".repeat(30)}1]`));
});

test("every keyword that says something of the value has its line", () => {
  const conditional = JSON.parse('{"if":{},"then":{}}') as object;
  const schema = {
    type: "array",
    uniqueItems: true,
    items: { $ref: "elsewhere" },
    ...conditional,
  };
  const actions = new Map(compileSchema(schema).report.map(({ keyword, action }) => [keyword, action]));
  for (const keyword of ["uniqueItems", "$ref"]) assert.equal(actions.get(keyword), "checked afterwards", keyword);
  assert.equal(actions.get("type"), "enforced");
});
