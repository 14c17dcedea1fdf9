import { type Document, GRAFT, isSchema, type Place, ReferenceError, type Schema } from "./documents.ts";
import { formatNamed } from "./formats.ts";
import { areApart } from "./apart.ts";
import { intersect } from "./intersect.ts";
import { negation } from "./negate.ts";
import { either, literal, not } from "./regular/language.ts";
import { patternLanguage, PatternError } from "./regular/pattern.ts";
import type { Report } from "./report.ts";
import { exactly, isObject, type Keywords, valuesOf } from "./values.ts";
import type { Alternative, ArrayShape, ContainsRule, Node, NumberShape, ObjectShape, Origin, PropertyRule, StringShape } from "./shape.ts"; // prettier-ignore

/** A schema that cannot become a grammar at all: it refers to itself without ever coming to a value, or grows too large. */
export class SchemaError extends Error {
  readonly path: string;
  /** Whether it is only too large. */
  readonly grows: boolean;
  constructor(path: string, reason: string, grows = false) {
    super(`${path || "the schema"}: ${reason}`);
    this.path = path;
    this.grows = grows;
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

export interface ReaderOptions {
  formats: boolean;
  /** Say what a schema refuses where it can be said, for `not`, `oneOf` and `else`: costs alternatives. */
  exact: boolean;
}

/** Reads drafts 4 to 7, 2019-09 and 2020-12, which differ little in what a value may be. */
export function createReader(document: Document, report: Report, options: ReaderOptions): Reader {
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
    for (const keyword of DEPENDENT) sofar = dependent(place, schema, keyword, sofar);
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
    if (keyword === "anyOf" || areApart(each)) return limited(each.flat(), place.pointer);
    const exact = onlyOne(place, choices, each);
    if (exact) return exact;
    report.note(place.pointer, keyword, "approximated", "a value that fits several of the schemas is refused afterwards"); // prettier-ignore
    return limited(each.flat(), place.pointer);
  }

  /** Each choice without all of the others. */
  function onlyOne(place: Place, choices: readonly Place[], each: readonly (readonly Alternative[])[]) {
    const others = choices.map(({ schema }, i) => denied(place, "oneOf", `not-${i}`, schema));
    if (others.includes(undefined)) return undefined;
    return attempt(place, () => each.flatMap((one, i) => merge(others.filter((_, j) => i !== j) as Place[], one)));
  }

  /** A place for what a schema refuses, where that can be said. */
  function denied(place: Place, keyword: string, reading: string, schema: Schema): Place | undefined {
    const other = options.exact ? negation(schema) : undefined;
    return other === undefined ? undefined : document.graft(place, keyword, reading, other);
  }

  function conditional(place: Place, schema: Keywords, sofar: readonly Alternative[]) {
    const condition = document.child(place, "if");
    const [then, otherwise] = [document.child(place, "then"), document.child(place, "else")];
    if (!condition || (!then && !otherwise)) return sofar;
    const keywords = ["if", "then", "else"].filter((keyword) => keyword in schema);
    const not = denied(place, "if", "not", condition.schema);
    const otherCase = [not, otherwise].filter((each) => each !== undefined);
    if (otherCase.length === 0) return afterwards(place, keywords, sofar);
    const met = attempt(place, () => [...merge(then ? [condition, then] : [condition], sofar), ...merge(otherCase, sofar)]); // prettier-ignore
    if (!met) return afterwards(place, keywords, sofar);
    for (const keyword of keywords)
      if (not) report.note(place.pointer, keyword, "enforced");
      else report.note(place.pointer, keyword, "approximated", "a value may follow `else` though `if` holds");
    return met;
  }

  function negated(place: Place, schema: Keywords, sofar: readonly Alternative[]): readonly Alternative[] {
    const inner = schema["not"];
    if (!isSchema(inner)) return sofar;
    const left = withoutTexts(place, inner, sofar) ?? withoutIntegers(place, inner, sofar);
    if (left) return left;
    const other = denied(place, "not", "not", inner);
    const met = other && attempt(place, () => merge([other], sofar));
    if (!met) return afterwards(place, ["not"], sofar);
    report.note(place.pointer, "not", "enforced");
    return met;
  }

  /** `not` before an `enum` or a `pattern` of texts, where nothing but texts is left. */
  function withoutTexts(place: Place, inner: Schema, sofar: readonly Alternative[]) {
    if (!isObject(inner) || Object.keys(inner).length !== 1 || !sofar.every(({ type }) => type === "string")) return undefined; // prettier-ignore
    const origin = { path: place.pointer, keyword: "not" };
    const values = valuesOf(inner)?.filter((value) => typeof value === "string");
    const denied = values ? either(...values.map(literal)) : typeof inner["pattern"] === "string" ? understood(place, "not", inner["pattern"]) : undefined; // prettier-ignore
    if (!denied) return undefined;
    report.note(place.pointer, "not", "enforced");
    return sofar.map((each) => (each.type === "string" ? { ...each, languages: [...each.languages, { language: not(denied), origin }] } : each)); // prettier-ignore
  }

  /** `not` before integers, where nothing but numbers is left. */
  function withoutIntegers({ pointer }: Place, inner: Schema, sofar: readonly Alternative[]) {
    const only = isObject(inner) && Object.keys(inner).length === 1 && inner["type"] === "integer";
    if (!only || !sofar.every(({ type }) => type === "number")) return undefined;
    report.note(pointer, "not", "enforced");
    return meet(sofar, [{ type: "number", integer: false, fractional: true, origins: [{ path: pointer, keyword: "not" }] }], pointer); // prettier-ignore
  }

  /** What a property asks for besides, if it is there: names of others, or a schema. */
  function dependent(place: Place, schema: Keywords, keyword: string, sofar: readonly Alternative[]) {
    const rules = Object.entries(isObject(schema[keyword]) ? schema[keyword] : {});
    if (rules.length === 0) return sofar;
    if (!options.exact) return afterwards(place, [keyword], sofar);
    const met = attempt(place, () =>
      rules.reduce((before, [name, rule], i) => {
        const absent = document.graft(place, keyword, `${i}-absent`, { properties: Object.fromEntries([[name, false]]) }); // prettier-ignore
        const required = [name, ...(Array.isArray(rule) ? rule.map(String) : [])];
        const present = document.graft(place, keyword, `${i}-present`, { type: "object", required });
        const asked = Array.isArray(rule) ? undefined : document.child(place, keyword, name);
        return limited([...merge([absent], before), ...merge(asked ? [present, asked] : [present], before)], place.pointer); // prettier-ignore
      }, sofar),
    );
    if (!met) return afterwards(place, [keyword], sofar);
    report.note(place.pointer, keyword, "enforced");
    return met;
  }

  /** `undefined` where exactness would cost too many alternatives. */
  function attempt(place: Place, make: () => readonly Alternative[]): readonly Alternative[] | undefined {
    try {
      return limited(make(), place.pointer);
    } catch (error) {
      if (error instanceof SchemaError && error.grows) return undefined;
      throw error;
    }
  }

  function afterwards(place: Place, keywords: readonly string[], sofar: readonly Alternative[]) {
    for (const keyword of keywords) report.note(place.pointer, keyword, "checked afterwards");
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
      contains: containsRules(place, schema),
      origins: origin(place, schema, ["items", "prefixItems", "additionalItems", "minItems", "maxItems"]),
    };
  }

  function containsRules(place: Place, schema: Keywords): ContainsRule[] {
    const hit = isSchema(schema["contains"]) ? document.child(place, "contains") : undefined;
    if (!hit) return [];
    const [least, most] = [count(schema["minContains"], 1), count(schema["maxContains"], Infinity)];
    const other = most < Infinity ? denied(place, "contains", "not", hit.schema) : undefined;
    if (most < Infinity && !other) report.note(place.pointer, "maxContains", "checked afterwards");
    return [{ hit, ...(other && { other }), least, most: other ? most : Infinity, origin: { path: place.pointer, keyword: "contains" } }]; // prettier-ignore
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
    const evaluates = !place.pointer.includes(GRAFT);
    return { evaluates, properties, patterns, ...(additional && { additional }) };
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
const AFTERWARDS = new Set(["uniqueItems", "unevaluatedItems", "contentSchema"]); // prettier-ignore

const DEPENDENT = ["dependentRequired", "dependentSchemas", "dependencies"];

/** Keywords that say nothing of the value, or are reported where they are read. */
const SILENT = new Set(["$schema", "$id", "id", "$comment", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs", "definitions", "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "$ref", "$dynamicRef", "$recursiveRef", "if", "then", "else", "not", ...DEPENDENT, "unevaluatedProperties"]); // prettier-ignore

export const ANYTHING: readonly Alternative[] = [
  { type: "null" },
  { type: "boolean", values: [true, false] },
  { type: "number", integer: false, origins: [] },
  { type: "string", minLength: 0, maxLength: Infinity, languages: [], origins: [] },
  { type: "array", minItems: 0, maxItems: Infinity, rules: [], contains: [], origins: [] },
  { type: "object", required: [], minProperties: 0, maxProperties: Infinity, rules: [], names: [], origins: [] },
];

function meet(a: readonly Alternative[], b: readonly Alternative[], path: string): readonly Alternative[] {
  if (a === ANYTHING) return b;
  if (b === ANYTHING) return a;
  return limited(a.flatMap((x) => b.flatMap((y) => intersect(x, y) ?? [])), path); // prettier-ignore
}

function limited(list: readonly Alternative[], path: string): readonly Alternative[] {
  if (list.length <= MOST_ALTERNATIVES) return list;
  throw new SchemaError(path, `it has more than ${MOST_ALTERNATIVES} alternatives`, true);
}

function typesOf(type: unknown): string[] | undefined {
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.filter((each) => typeof each === "string") : undefined;
}

const count = (value: unknown, usual: number): number => (typeof value === "number" && value >= 0 ? Math.ceil(value) : usual); // prettier-ignore
