import { isSchema, type Schema } from "./documents.ts";

type Keywords = { readonly [keyword: string]: unknown };

/** Says when a value breaks a keyword: as schemas of which one holds; `undefined` where that cannot be said. */
type Breach = (value: unknown, keywords: Keywords) => readonly Schema[] | undefined;

const TYPES = ["null", "boolean", "number", "string", "array", "object"];

/**
 * A schema for exactly the values that a schema refuses, for simple ones: `not` stands in it only before an `enum` or a
 * `pattern` of texts, and before integers.
 * @returns `undefined` where it cannot be said
 */
export function negation(schema: Schema): Schema | undefined {
  if (typeof schema === "boolean") return !schema;
  const ways: Schema[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (ANNOTATIONS.has(keyword)) continue;
    const breaches = Object.hasOwn(BREACHES, keyword) ? BREACHES[keyword]!(value, schema) : undefined;
    if (!breaches) return undefined;
    ways.push(...breaches);
  }
  return eitherOf(ways);
}

function eitherOf(ways: readonly Schema[]): Schema {
  const possible = ways.filter((way) => way !== false);
  return possible.length === 0 ? false : possible.length === 1 ? possible[0]! : { anyOf: possible };
}

const ANNOTATIONS = new Set(["title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment", "$schema"]); // prettier-ignore

/** Counts and lengths: fewer, or more, of the type that they are about. */
const fewer = (type: string, most: string): Breach => (value) => typeof value !== "number" ? undefined : value < 1 ? [] : [{ type, [most]: Math.ceil(value) - 1 }]; // prettier-ignore
const more = (type: string, least: string): Breach => (value) => typeof value === "number" ? [{ type, [least]: Math.floor(value) + 1 }] : undefined; // prettier-ignore
const number = (bound: string): Breach => (value) => typeof value === "number" ? [{ type: "number", [bound]: value }] : undefined; // prettier-ignore

const BREACHES: Readonly<Record<string, Breach>> = {
  type: (value) => {
    const types = [value].flat();
    const onlyWhole = types.includes("integer") && !types.includes("number");
    const others = TYPES.filter((type) => !types.includes(type) && !(onlyWhole && type === "number"));
    return [
      others.length > 0 && { type: others },
      ...(onlyWhole ? [{ type: "number", not: { type: "integer" } }] : []),
    ];
  },
  const: (value) => otherThan([value]),
  enum: (values) => (Array.isArray(values) ? otherThan(values) : undefined),
  minimum: number("exclusiveMaximum"),
  maximum: number("exclusiveMinimum"),
  exclusiveMinimum: number("maximum"),
  exclusiveMaximum: number("minimum"),
  minLength: fewer("string", "maxLength"),
  maxLength: more("string", "minLength"),
  pattern: (pattern) => [{ type: "string", not: { pattern } }],
  items: (schema) => {
    const other = isSchema(schema) ? negation(schema) : undefined;
    return other === undefined ? undefined : [{ type: "array", contains: other }];
  },
  minItems: fewer("array", "maxItems"),
  maxItems: more("array", "minItems"),
  minProperties: fewer("object", "maxProperties"),
  maxProperties: () => undefined, // a name may come twice
  required: (names) =>
    Array.isArray(names)
      ? names.map((name) => ({ type: "object", properties: named(String(name), false) }))
      : undefined,
  properties: (properties) =>
    all(Object.entries(properties as Keywords), ([name, schema]) => {
      const other = isSchema(schema) ? negation(schema) : undefined;
      return other === undefined ? undefined : other === false ? false : { type: "object", required: [name], properties: named(name, other) }; // prettier-ignore
    }),
  allOf: (schemas) => all(schemas as Schema[], negation),
  anyOf: (schemas) => {
    const others = all(schemas as Schema[], negation);
    return others && [{ allOf: others }];
  },
  not: (schema) => (isSchema(schema) ? [schema] : undefined),
};

/** `__proto__` is a name like any other. */
const named = (name: string, schema: Schema): Keywords => Object.fromEntries([[name, schema]]);

function all<T>(list: readonly T[], each: (one: T) => Schema | undefined): Schema[] | undefined {
  const found = list.map(each);
  return found.includes(undefined) ? undefined : (found as Schema[]);
}

/** Every value but a few. Numbers are what lies between them. */
function otherThan(values: readonly unknown[]): Schema[] | undefined {
  if (values.some((value) => typeof value === "object" && value !== null)) return undefined;
  const texts = values.filter((value) => typeof value === "string");
  const numbers = [...new Set(values.filter((value) => typeof value === "number"))].toSorted((a, b) => a - b);
  const between = [-Infinity, ...numbers].map((low, i): Schema => {
    const high = numbers[i] ?? Infinity;
    return { type: "number", ...(low > -Infinity && { exclusiveMinimum: low }), ...(high < Infinity && { exclusiveMaximum: high }) }; // prettier-ignore
  });
  const truths = [true, false].filter((value) => !values.includes(value));
  return [
    { type: ["array", "object", ...(values.includes(null) ? [] : ["null"])] },
    { type: "string", ...(texts.length > 0 && { not: { enum: texts } }) },
    ...between,
    ...(truths.length > 0 ? [{ type: "boolean", enum: truths }] : []),
  ];
}
