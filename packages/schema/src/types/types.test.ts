import { deepEqual, equal, match } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openTypeReader, type TypeReader } from "./type-reader.ts";

const FRAMEWORK = fileURLToPath(import.meta.resolve("flywheel"));
let dir: string;
let reader: TypeReader;

before(() => {
  dir = mkdtempSync(join(tmpdir(), "flywheel-types-"));
  reader = openTypeReader({ dir, modules: { flywheel: FRAMEWORK } });
});
after(() => {
  reader.close();
  rmSync(dir, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** The schema of a type `T`, without its dialect. */
function schemaOf(text: string): unknown {
  const { schema, diagnostics } = reader.readType(write("type.ts", `export {};\n${text}`), "T");
  deepEqual(diagnostics, []);
  if (typeof schema === "boolean") return schema;
  const { $schema: _, ...rest } = schema;
  return rest;
}

describe("the types of an endpoint", () => {
  test("are read from its default export, written or inferred, and again after an edit", () => {
    const text = `import { defineEndpoint } from "flywheel";
/** What the desk needs. */
export interface Triage {
  queue: "other" | "billing";
  /**
   * 1 = can wait
   * @minimum 1
   */
  urgency: number;
  summary?: string;
}
export default defineEndpoint<{ message: string }, Triage>({ prompt: ({ message }) => message });
`;
    const file = write("endpoints/triage.ts", text);
    const first = reader.readEndpoints([file]);
    deepEqual(first.diagnostics, []);
    deepEqual(first.types[file], {
      input: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { message: { type: "string" } },
        required: ["message"],
        additionalProperties: false,
      },
      output: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: {
          queue: { enum: ["other", "billing"] },
          urgency: { type: "number", description: "1 = can wait", minimum: 1 },
          summary: { type: "string" },
        },
        required: ["queue", "urgency"],
        additionalProperties: false,
        description: "What the desk needs.",
      },
    });
    write("endpoints/triage.ts", text.replace(", Triage>", ">").replace('"other" | "billing"', '"new" | "other"'));
    equal(reader.readEndpoints([file]).types[file]!.output, null, "text");
    write("endpoints/plain.ts", 'import { defineEndpoint } from "flywheel";\nexport default defineEndpoint({ prompt: (input: { n: number }) => `${input.n}` });\n'); // prettier-ignore
    const plain = reader.readEndpoints([join(dir, "endpoints/plain.ts")]);
    deepEqual(plain.diagnostics, []);
    equal(plain.types[join(dir, "endpoints/plain.ts")]!.output, null);
  });

  test("that are wrong are said with file, line and column", () => {
    const file = write(
      "endpoints/wrong.ts",
      'import { defineEndpoint } from "flywheel";\nexport default defineEndpoint<{ when: Map<string, number> }, { n: number }>({\n  prompt: ({ wen }) => wen,\n});\n', // prettier-ignore
    );
    const { diagnostics } = reader.readEndpoints([file]);
    equal(diagnostics.length, 2);
    deepEqual({ ...diagnostics[0]!, message: "" }, { file: "endpoints/wrong.ts", line: 3, column: 14, message: "" });
    match(diagnostics[0]!.message, /'wen' does not exist/);
    deepEqual(diagnostics[1], {
      file: "endpoints/wrong.ts",
      line: 2,
      column: 33,
      message: "the type.when: JSON has no `Map`",
      suggestion: "Write `Record<string, …>`.",
    });
    const none = write("endpoints/none.ts", "export default 1;\n");
    match(reader.readEndpoints([none]).diagnostics[0]!.message, /is no endpoint/);
  });
});

describe("a type as a schema", () => {
  const cases: [what: string, text: string, schema: unknown][] = [
    ["a string", "export type T = string", { type: "string" }],
    ["several kinds", "export type T = string | number | null", { type: ["string", "number", "null"] }],
    ["an enum in the order written", 'export type T = "z" | "a" | "m"', { enum: ["z", "a", "m"] }],
    ["an enum or null", 'export type T = "z" | null', { anyOf: [{ const: "z" }, { type: "null" }] }],
    [
      "a boolean among literals",
      'export type T = boolean | "auto"',
      { anyOf: [{ const: "auto" }, { type: "boolean" }] },
    ],
    ["a declared enum", 'enum E { A = "a", B = "b" }\nexport type T = E', { enum: ["a", "b"] }],
    ["a numeric enum", "enum E { A, B = 4, C }\nexport type T = E", { enum: [0, 4, 5] }],
    ["a brand", 'export type T = string & { readonly __brand: "id" }', { type: "string" }],
    ["a template", "export type T = `/${string}`", { type: "string", pattern: "^\\/[\\s\\S]*$" }],
    [
      "a record",
      "export type T = Record<string, number>",
      { type: "object", additionalProperties: { type: "number" } },
    ],
    ["anything", "export type T = unknown", true],
    ["a date", "export type T = Date[]", { type: "array", items: { type: "string", format: "date-time" } }],
    [
      "a tuple",
      "export type T = [string, number?, ...boolean[]]",
      { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: { type: "boolean" }, minItems: 1 },
    ],
    [
      "generics and utility types",
      "interface Page<X> { items: X[]; next?: string }\nexport type T = Required<Omit<Page<1 | 2>, 'items'>>",
      { type: "object", properties: { next: { type: "string" } }, required: ["next"], additionalProperties: false },
    ],
    [
      "a recursive type",
      "export interface T { name: string; children: T[] }",
      {
        $ref: "#/$defs/T",
        $defs: {
          T: {
            type: "object",
            properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/T" } } },
            required: ["name", "children"],
            additionalProperties: false,
          },
        },
      },
    ],
    [
      "a discriminated union",
      'export type T = { kind: "b"; n: number } | { kind: "a" }',
      {
        anyOf: [
          { type: "object", properties: { kind: { const: "b" }, n: { type: "number" } }, required: ["kind", "n"], additionalProperties: false }, // prettier-ignore
          { type: "object", properties: { kind: { const: "a" } }, required: ["kind"], additionalProperties: false },
        ],
      },
    ],
    [
      "an intersection and a mapped type",
      "type A = { a: string } & { [K in 'b' | 'c']?: number }\nexport type T = A",
      {
        type: "object",
        properties: { a: { type: "string" }, b: { type: "number" }, c: { type: "number" } },
        required: ["a"],
        additionalProperties: false,
      },
    ],
    [
      "documentation",
      'export interface T {\n  /**\n   * How many.\n   * @minimum 1\n   * @integer\n   * @default 3\n   */\n  n: number;\n  /** @pattern ^a+$ */\n  s?: "never" | string;\n}', // prettier-ignore
      {
        type: "object",
        properties: {
          n: { type: "integer", description: "How many.", minimum: 1, default: 3 },
          s: { type: "string", pattern: "^a+$" },
        },
        required: ["n"],
        additionalProperties: false,
      },
    ],
  ];
  for (const [what, text, schema] of cases) test(what, () => deepEqual(schemaOf(text), schema));

  const refused: [what: string, text: string, message: RegExp][] = [
    ["any", "export type T = { a: any }", /T\.a: `any` says nothing/],
    ["a function", "export type T = { a: () => void }", /T\.a: a function/],
    ["a method", "export class T { a = 1; b() { return 2; } }", /T\.b: a method/],
    ["a bigint", "export type T = { a: bigint }", /T\.a: JSON has no `bigint`/],
    ["a set", "export type T = Set<string>", /JSON has no `Set`/],
    [
      "a type without end",
      "type Deep<X> = { x: X; next: Deep<X[]> }\nexport type T = Deep<1>",
      /too deep or too large/,
    ],
    [
      "ten thousand words",
      "type D = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9\nexport type T = `${D}${D}${D}${D}`",
      /too large/,
    ],
    ["a type that grows in every direction", "type G<X> = { a: G<[X]>; b: G<{ x: X }>; c: G<X[]> }\nexport type T = G<1>", /too deep or too large/], // prettier-ignore
    ["an enum of ten thousand", `export type T = ${Array.from({ length: 10_000 }, (_, i) => `"w${i}"`).join("|")}`, /10000 members is too large/], // prettier-ignore
    ["a type without a bottom", `export type T = ${"{a:".repeat(500)}string${"}".repeat(500)}`, /^T[.a]+…: the type is too deep/], // prettier-ignore
    ["a tag that cannot be read", "export interface T {\n  /** @minimum lots */\n  n: number }", /needs a number/],
    ["a tag out of place", "export interface T {\n  /** @minimum 1 */\n  n: string }", /says nothing of such a value/],
  ];
  for (const [what, text, message] of refused)
    test(`says what it cannot say: ${what}`, () => {
      const { diagnostics } = reader.readType(write("type.ts", `export {};\n${text}`), "T");
      match(diagnostics[0]?.message ?? "nothing", message);
      match(diagnostics[0]!.suggestion ?? "", /\w/);
    });
});
