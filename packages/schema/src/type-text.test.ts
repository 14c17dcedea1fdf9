import { equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { componentsOf, endpointComponents } from "./components.ts";
import type { Schema } from "./documents.ts";
import { declareType } from "./type-text.ts";

/** All declarations for one schema, on one line each where they are not interfaces. */
const typesOf = (schema: Schema) =>
  Object.entries(componentsOf([["T", schema]]).components)
    .map(([name, each]) => declareType(name, each))
    .join("");

const type = (text: string) => `export type T = ${text};\n`;

describe("a schema as a TypeScript type", () => {
  const cases: [name: string, schema: Schema, text: string][] = [
    ["anything", true, "unknown"],
    ["nothing", false, "never"],
    ["no keyword that a type could say", { minLength: 1 }, "unknown"],
    ["whole numbers", { type: "integer", minimum: 1 }, "number"],
    ["several types", { type: ["string", "null"] }, "string | null"],
    ["literals", { enum: ["a", 1, null, true, "a"] }, '"a" | 1 | null | true'],
    ["a literal with structure", { const: { a: [1, "x"], "b-c": {} } }, '{ a: [1, "x"]; "b-c": Record<string, never> }'],
    ["quotes and line ends in literals", { const: '"\n\u2028' }, '"\\"\\n\u2028"'],
    ["an array of alternatives", { type: "array", items: { enum: [1, 2] } }, "(1 | 2)[]"],
    ["an array of anything", { type: "array" }, "unknown[]"],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }, { enum: [1, 2] }], minItems: 1, items: false }, "[string, (1 | 2)?]"],
    ["a tuple with a rest", { type: "array", prefixItems: [{ type: "string" }], minItems: 1, items: { type: "number" } }, "[string, ...number[]]"],
    ["a closed tuple by its length", { prefixItems: [{ type: "string" }], minItems: 1, maxItems: 1 }, "[string]"],
    ["nothing but properties of any name", { type: "object", additionalProperties: { type: "number" } }, "{ [name: string]: number }"],
    ["any object", { type: "object" }, "Record<string, unknown>"],
    ["the empty object", { type: "object", additionalProperties: false }, "Record<string, never>"],
    ["alternatives within an intersection", { allOf: [{ type: "string" }, { anyOf: [{ const: "a" }, { const: "b" }] }] }, 'string & ("a" | "b")'],
    ["an alternative that cannot be", { anyOf: [false, { type: "string" }] }, "string"],
    ["an alternative that is anything", { anyOf: [true, { type: "string" }] }, "unknown"],
  ]; // prettier-ignore
  for (const [name, schema, text] of cases) test(name, () => equal(typesOf(schema), type(text)));

  test("an object, with what its comments say", () => {
    const schema = {
      type: "object",
      description: "Two\nlines */ of it",
      properties: {
        "a-b": { type: "string", description: "short" },
        inner: { type: "object", properties: { deep: { type: "boolean" } } },
      },
      required: ["a-b"],
    };
    const text = `/**
 * Two
 * lines *\\/ of it
 */
export interface T {
  /** short */
  "a-b": string;
  inner?: {
    deep?: boolean;
  };
}
`;
    equal(typesOf(schema), text);
  });

  test("properties beside those of any name: the signature allows what they are", () => {
    const schema = { type: "object", properties: { id: { type: "string" } }, additionalProperties: { type: "number" } };
    equal(typesOf(schema), "export interface T {\n  id?: string;\n  [name: string]: string | number | undefined;\n}\n");
  });

  test("objects told apart by a property", () => {
    const kind = (name: string) => ({ type: "object", properties: { kind: { const: name } }, required: ["kind"] });
    const text = '{\n  kind: "a";\n} | {\n  kind: "b";\n}';
    equal(typesOf({ anyOf: [kind("a"), kind("b")] }), type(text));
  });

  test("a schema that refers to itself, and one that refers to nothing", () => {
    equal(typesOf({ type: "array", items: { $ref: "#" } }), type("T[]"));
    equal(typesOf({ type: "array", items: { $ref: "#/$defs/missing" } }), type("unknown[]"));
  });
});

describe("schemas in one document", () => {
  const thing = (of: string) => ({ $ref: "#/$defs/thing", $defs: { thing: { type: of } } });

  test("share what they define alike; what differs gets a longer name", () => {
    const { names, components } = componentsOf([
      ["A", thing("string")],
      ["B", thing("string")],
      ["C", thing("number")],
      ["A", true],
    ]);
    equal(JSON.stringify(names), '["A","B","C","A2"]');
    const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    const expected = {
      A: reference("Thing"),
      Thing: { type: "string" },
      B: reference("Thing"),
      C: reference("CThing"),
      CThing: { type: "number" },
      A2: true,
    };
    equal(JSON.stringify(components), JSON.stringify(expected));
  });

  test("have names that any language can say", () => {
    const refers = { $ref: "#/$defs/Größe<string>", $defs: { "Größe<string>": { $ref: "#/$defs/量" }, 量: true } };
    const { named, components } = endpointComponents([{ name: "2d/plot-it", input: refers, output: null }], []);
    equal(JSON.stringify(named.map(({ input, output }) => [input, output])), '[["_2dPlotItInput","_2dPlotItOutput"]]');
    equal(Object.keys(components).join(), "_2dPlotItInput,GroEString,Part,_2dPlotItOutput");
  });

  test("take no name that is reserved, and are not confused by what only looks like a reference", () => {
    const { names, components } = componentsOf(
      [["Record", { properties: { $ref: { const: { $ref: "#/nowhere" } }, definitions: thing("null") } }]],
      ["Record", "Thing"],
    );
    equal(JSON.stringify(names), '["Record2"]');
    const text = '{"Record2":{"properties":{"$ref":{"const":{"$ref":"#/nowhere"}},"definitions":{}}}}';
    equal(JSON.stringify(components), text);
  });
});
