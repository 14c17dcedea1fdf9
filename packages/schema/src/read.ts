import { type Document, isSchema, type Place, ReferenceError } from "./documents.ts";
import { formatNamed } from "./formats.ts";
import { intersect } from "./intersect.ts";
import { either, literal, not } from "./regular/language.ts";
import { patternLanguage, PatternError } from "./regular/pattern.ts";
import type { Report } from "./report.ts";
import type { Alternative, ArrayShape, Json, Node, NumberShape, ObjectShape, Origin, PropertyRule, StringShape } from "./shape.ts"; // prettier-ignore

type Keywords = { readonly [keyword: string]: unknown };

/** A schema that cannot become a grammar at all: it refers to itself without ever coming to a value, or grows too large. */
export class SchemaError extends Error {
  readonly path: string;
  constructor(path: string, reason: string) {
    super(`${path || "the schema"}: ${reason}`);
    this.path = path;
  }
}

const MOST_ALTERNATIVES = 500;

export interface Reader {
  /**
   * What the node allows. Nothing at all = an empty list.
   * @throws SchemaError
   */
  alternatives(node: Node): readonly Alternative[];
}

/** Reads drafts 4 to 7, 2019-09 and 2020-12, which differ little in what a value may be. */
export function createReader(document: Document, report: Report, options: { formats: boolean }): Reader {
  const known = new Map<Place, readonly Alternative[] | "under way">();

  function ofPlace(place: Place): readonly Alternative[] {
    const answer = known.get(place);
    if (answer === "under way") throw new SchemaError(place.pointer, "it refers to itself before any value");
    if (answer) return answer;
    known.set(place, "under way");
    const made = read(place);
    known.set(place, made);
    return made;
  }

  function merge(places: readonly Place[], start: readonly Alternative[]): readonly Alternative[] {
    return places.reduce((sofar, place) => meet(sofar, ofPlace(place), place.pointer), start);
  }

  function read(place: Place): readonly Alternative[] {
    const { schema } = place;
    if (schema === true) return ANYTHING;
    if (schema === false) return [];
    let sofar = ownAlternatives(place, schema);
    const reference = referenceOf(place, schema);
    if (reference) sofar = merge([reference], sofar);
    sofar = merge(list(place, schema, "allOf"), sofar);
    for (const keyword of ["anyOf", "oneOf"] as const) sofar = choose(place, schema, keyword, sofar);
    sofar = conditional(place, schema, sofar);
    sofar = negated(place, schema, sofar);
    for (const keyword of Object.keys(schema)) noteOthers(place, keyword);
    return closed(place, schema, sofar);
  }

  function referenceOf(place: Place, schema: Keywords): Place | undefined {
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
      const reference = schema[keyword];
      if (typeof reference !== "string") continue;
      try {
        const target = document.resolve(place, reference);
        report.note(place.pointer, keyword, keyword === "$ref" ? "enforced" : "approximated", keyword === "$ref" ? undefined : "followed to its own document's anchor"); // prettier-ignore
        return target;
      } catch (error) {
        if (!(error instanceof ReferenceError)) throw error;
        report.note(place.pointer, keyword, "checked afterwards", error.message);
      }
    }
    return undefined;
  }

  function list(place: Place, schema: Keywords, keyword: string): Place[] {
    const value = schema[keyword];
    if (!Array.isArray(value)) return [];
    report.note(place.pointer, keyword, "enforced");
    return value.flatMap((_, i) => document.child(place, keyword, i) ?? []);
  }

  function choose(place: Place, schema: Keywords, keyword: "anyOf" | "oneOf", sofar: readonly Alternative[]) {
    const choices = list(place, schema, keyword);
    if (choices.length === 0) return sofar;
    const each = choices.map((choice) => meet(sofar, ofPlace(choice), choice.pointer));
    if (keyword === "oneOf" && !areApart(each))
      report.note(place.pointer, keyword, "approximated", "a value that fits several of the schemas is refused afterwards"); // prettier-ignore
    return limited(each.flat(), place.pointer);
  }

  function conditional(place: Place, schema: Keywords, sofar: readonly Alternative[]) {
    if (!isSchema(schema["if"])) return sofar;
    const branch = (keyword: string) => document.child(place, keyword);
    const [condition, then, otherwise] = [branch("if"), branch("then"), branch("else")];
    if (!condition || (!then && !otherwise)) return sofar;
    if (!otherwise) {
      for (const keyword of ["if", "then"]) report.note(place.pointer, keyword, "checked afterwards");
      return sofar;
    }
    for (const keyword of ["if", "then", "else"])
      report.note(place.pointer, keyword, "approximated", "a value may follow `else` though `if` holds");
    return limited(
      [...merge(then ? [condition, then] : [condition], sofar), ...merge([otherwise], sofar)],
      place.pointer,
    );
  }

  function negated(place: Place, schema: Keywords, sofar: readonly Alternative[]): readonly Alternative[] {
    if (!("not" in schema)) return sofar;
    const denied = schema["not"];
    if (denied === true || (isObject(denied) && Object.keys(denied).length === 0)) {
      report.note(place.pointer, "not", "enforced");
      return [];
    }
    const values = isObject(denied) ? valuesOf(denied) : undefined;
    if (isObject(denied) && values && Object.keys(denied).length === 1 && values.every(isScalar)) {
      report.note(place.pointer, "not", "enforced");
      return sofar.flatMap((each) => withoutValues(each, values, { path: place.pointer, keyword: "not" }));
    }
    const types = isObject(denied) && Object.keys(denied).length === 1 ? typesOf(denied["type"]) : undefined;
    if (types && !types.includes("integer")) {
      report.note(place.pointer, "not", "enforced");
      return sofar.filter((each) => each.type === "exact" || !types.includes(each.type));
    }
    report.note(place.pointer, "not", "checked afterwards");
    return sofar;
  }

  function ownAlternatives(place: Place, schema: Keywords): readonly Alternative[] {
    const values = valuesOf(schema);
    if (values) {
      for (const keyword of ["const", "enum"]) if (keyword in schema) report.note(place.pointer, keyword, "enforced");
    }
    const types = typesOf(schema["type"]);
    if (types) report.note(place.pointer, "type", "enforced");
    const allowed = types ?? ["null", "boolean", "number", "string", "array", "object"];
    const shapes: Alternative[] = [];
    if (allowed.includes("null")) shapes.push({ type: "null" });
    if (allowed.includes("boolean")) shapes.push({ type: "boolean", values: [true, false] });
    if (allowed.includes("number") || allowed.includes("integer"))
      shapes.push(numberShape(place, schema, !allowed.includes("number")));
    if (allowed.includes("string")) shapes.push(stringShape(place, schema));
    if (allowed.includes("array")) shapes.push(arrayShape(place, schema));
    if (allowed.includes("object")) shapes.push(objectShape(place, schema));
    return values ? meet(shapes, exactly(values), place.pointer) : shapes;
  }

  function numberShape(place: Place, schema: Keywords, integer: boolean): NumberShape {
    const number = (keyword: string) => (typeof schema[keyword] === "number" ? schema[keyword] : undefined);
    const bound = (inclusive: "minimum" | "maximum", exclusive: "exclusiveMinimum" | "exclusiveMaximum") => {
      const [at, beyond] = [number(inclusive), number(exclusive)];
      const open = schema[exclusive] === true; // draft 4
      const stricter = inclusive === "minimum" ? Math.max : Math.min;
      if (at === undefined && beyond === undefined) return undefined;
      const value = stricter(at ?? beyond!, beyond ?? at!);
      return { value, exclusive: value === beyond || (open && value === at) };
    };
    const [least, most] = [bound("minimum", "exclusiveMinimum"), bound("maximum", "exclusiveMaximum")];
    const divisor = number("multipleOf");
    const origins = origin(place, schema, ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]);
    return { type: "number", integer, ...(least && { least }), ...(most && { most }), ...(divisor !== undefined && divisor > 0 && { multipleOf: divisor }), origins }; // prettier-ignore
  }

  function stringShape(place: Place, schema: Keywords): StringShape {
    const languages: StringShape["languages"][number][] = [];
    if (typeof schema["pattern"] === "string") {
      const language = understood(place, "pattern", schema["pattern"]);
      if (language) languages.push({ language, origin: { path: place.pointer, keyword: "pattern" } });
    }
    if (typeof schema["format"] === "string") {
      const format = options.formats ? formatNamed(schema["format"]) : undefined;
      if (format) {
        languages.push({ language: format.language, origin: { path: place.pointer, keyword: "format" } });
        report.note(place.pointer, "format", format.inexact ? "approximated" : "enforced", format.inexact);
      } else report.note(place.pointer, "format", "checked afterwards");
    }
    return {
      type: "string",
      minLength: count(schema["minLength"], 0),
      maxLength: count(schema["maxLength"], Infinity),
      languages,
      origins: origin(place, schema, ["minLength", "maxLength", "pattern", "format"]),
    };
  }

  function understood(place: Place, keyword: string, source: string) {
    try {
      const language = patternLanguage(source);
      report.note(place.pointer, keyword, "enforced");
      return language;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      report.note(place.pointer, keyword, "checked afterwards", `${source}: ${error.message}`);
      return undefined;
    }
  }

  function arrayShape(place: Place, schema: Keywords): ArrayShape {
    const old = Array.isArray(schema["items"]);
    const prefixKeyword = old ? "items" : "prefixItems";
    const prefix = list(place, schema, prefixKeyword);
    const restKeyword = old ? "additionalItems" : "items";
    const rest = isSchema(schema[restKeyword]) ? document.child(place, restKeyword) : undefined;
    const rules = prefix.length > 0 || rest ? [{ prefix, ...(rest && { rest }) }] : [];
    return {
      type: "array",
      minItems: count(schema["minItems"], 0),
      maxItems: count(schema["maxItems"], Infinity),
      rules,
      origins: origin(place, schema, ["items", "prefixItems", "additionalItems", "minItems", "maxItems"]),
    };
  }

  function objectShape(place: Place, schema: Keywords): ObjectShape {
    const rule = propertyRule(place, schema);
    const names = isSchema(schema["propertyNames"]) ? document.child(place, "propertyNames") : undefined;
    const required = Array.isArray(schema["required"])
      ? schema["required"].filter((name) => typeof name === "string")
      : [];
    return {
      type: "object",
      required,
      minProperties: count(schema["minProperties"], 0),
      maxProperties: count(schema["maxProperties"], Infinity),
      rules: rule ? [rule] : [],
      names: names ? [names] : [],
      origins: origin(place, schema, ["properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties", "propertyNames"]), // prettier-ignore
    };
  }

  function propertyRule(place: Place, schema: Keywords): PropertyRule | undefined {
    const properties = new Map<string, Place>();
    for (const name of isObject(schema["properties"]) ? Object.keys(schema["properties"]) : []) {
      const child = document.child(place, "properties", name);
      if (child) properties.set(name, child);
    }
    const patterns: PropertyRule["patterns"][number][] = [];
    let unknown = false;
    for (const source of isObject(schema["patternProperties"]) ? Object.keys(schema["patternProperties"]) : []) {
      const language = understood(place, "patternProperties", source);
      const child = document.child(place, "patternProperties", source);
      if (language && child) patterns.push({ language, source, place: child });
      else unknown = true;
    }
    // A name may match the pattern that is not understood, and then it is not additional.
    const additional =
      isSchema(schema["additionalProperties"]) && !unknown ? document.child(place, "additionalProperties") : undefined;
    if (unknown && "additionalProperties" in schema)
      report.note(place.pointer, "additionalProperties", "checked afterwards", "a pattern beside it is not understood");
    if (properties.size === 0 && patterns.length === 0 && !additional) return undefined;
    return { properties, patterns, ...(additional && { additional }) };
  }

  /** `unevaluated…` is about all that was merged, so it comes last. */
  function closed(place: Place, schema: Keywords, sofar: readonly Alternative[]): readonly Alternative[] {
    const rest = isSchema(schema["unevaluatedProperties"]) ? document.child(place, "unevaluatedProperties") : undefined;
    if (!rest) return sofar;
    report.note(place.pointer, "unevaluatedProperties", "approximated", "every name that any of the merged schemas knows counts as evaluated"); // prettier-ignore
    return sofar.map((each) => (each.type === "object" ? { ...each, unevaluated: rest } : each));
  }

  function origin(place: Place, schema: Keywords, keywords: readonly string[]): Origin[] {
    return keywords.flatMap((keyword) => {
      if (!(keyword in schema)) return [];
      report.note(place.pointer, keyword, "enforced");
      return [{ path: place.pointer, keyword }];
    });
  }

  function noteOthers(place: Place, keyword: string): void {
    if (!SILENT.has(keyword)) report.note(place.pointer, keyword, AFTERWARDS.has(keyword) ? "checked afterwards" : "enforced"); // prettier-ignore
  }

  return { alternatives: (node) => merge(node, ANYTHING) };
}

/** Keywords that say something of the value which no grammar here holds to. */
const AFTERWARDS = new Set(["uniqueItems", "contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedItems", "if", "then", "else", "contentSchema"]); // prettier-ignore

/** Keywords that say nothing of the value, or are reported where they are read. */
const SILENT = new Set(["$schema", "$id", "id", "$comment", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs", "definitions", "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "$ref", "$dynamicRef", "$recursiveRef", "if", "then", "else", "not", "unevaluatedProperties"]); // prettier-ignore

export const ANYTHING: readonly Alternative[] = [
  { type: "null" },
  { type: "boolean", values: [true, false] },
  { type: "number", integer: false, origins: [] },
  { type: "string", minLength: 0, maxLength: Infinity, languages: [], origins: [] },
  { type: "array", minItems: 0, maxItems: Infinity, rules: [], origins: [] },
  { type: "object", required: [], minProperties: 0, maxProperties: Infinity, rules: [], names: [], origins: [] },
];

function meet(a: readonly Alternative[], b: readonly Alternative[], path: string): readonly Alternative[] {
  if (a === ANYTHING) return b;
  if (b === ANYTHING) return a;
  return limited(a.flatMap((x) => b.flatMap((y) => intersect(x, y) ?? [])), path); // prettier-ignore
}

function limited(list: readonly Alternative[], path: string): readonly Alternative[] {
  if (list.length <= MOST_ALTERNATIVES) return list;
  throw new SchemaError(path, `it has more than ${MOST_ALTERNATIVES} alternatives`);
}

/** Whether no value can fit two of these: by type, or by a value that they fix. */
function areApart(choices: readonly (readonly Alternative[])[]): boolean {
  return choices.every((a, i) =>
    choices.slice(i + 1).every((b) => a.every((x) => b.every((y) => intersect(x, y) === undefined || discerned(x, y)))),
  );
}

/** A required property whose values, fixed on both sides, differ. */
function discerned(a: Alternative, b: Alternative): boolean {
  if (a.type !== "object" || b.type !== "object") return false;
  const shared = a.required.filter((name) => b.required.includes(name));
  return shared.some((name) => {
    const [left, right] = [fixed(a, name), fixed(b, name)];
    return left !== undefined && right !== undefined && !left.some((value) => right.includes(value));
  });
}

function fixed(shape: ObjectShape, name: string): string[] | undefined {
  for (const { properties } of shape.rules) {
    const schema = properties.get(name)?.schema;
    const values = isObject(schema) ? valuesOf(schema) : undefined;
    if (values) return values.map((value) => JSON.stringify(value));
  }
  return undefined;
}

function exactly(values: readonly Json[]): readonly Alternative[] {
  const strings = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number");
  const booleans = values.filter((value) => typeof value === "boolean");
  const list: Alternative[] = values.filter((value) => !isScalar(value)).map((value) => ({ type: "exact", value }));
  if (values.includes(null)) list.push({ type: "null" });
  if (booleans.length > 0) list.push({ type: "boolean", values: [...new Set(booleans)] });
  if (numbers.length > 0) list.push({ type: "number", integer: false, values: numbers, origins: [] });
  if (strings.length > 0)
    list.push({ type: "string", minLength: 0, maxLength: Infinity, languages: [], values: strings, origins: [] });
  return list;
}

function withoutValues(each: Alternative, denied: readonly Json[], origin: Origin): Alternative[] {
  if (each.type === "null") return denied.includes(null) ? [] : [each];
  if (each.type === "boolean") {
    const values = each.values.filter((value) => !denied.includes(value));
    return values.length > 0 ? [{ ...each, values }] : [];
  }
  if (each.type !== "string") return [each];
  const texts = denied.filter((value) => typeof value === "string").map(literal);
  if (texts.length === 0) return [each];
  return [{ ...each, languages: [...each.languages, { language: not(either(...texts)), origin }] }];
}

function valuesOf(schema: Keywords): readonly Json[] | undefined {
  if ("const" in schema) {
    const only = schema["const"] as Json;
    const listed = schema["enum"] as Json[] | undefined;
    const fits = !Array.isArray(listed) || listed.some((value) => JSON.stringify(value) === JSON.stringify(only));
    return fits ? [only] : [];
  }
  return Array.isArray(schema["enum"]) ? (schema["enum"] as Json[]) : undefined;
}

function typesOf(type: unknown): string[] | undefined {
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.filter((each) => typeof each === "string") : undefined;
}

const count = (value: unknown, usual: number): number => (typeof value === "number" && value >= 0 ? Math.ceil(value) : usual); // prettier-ignore
const isScalar = (value: Json): boolean => typeof value !== "object" || value === null;

function isObject(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
