import type { JsonSchema } from "@flywheel/protocol";
import { atPointer, isObject, type Json } from "./json.ts";

/** What one part of a JSON Schema becomes in a form. What has no field of its own is written as JSON. */
export type Field =
  | { kind: "text"; long: boolean; hint: string }
  | { kind: "number"; hint: string }
  | { kind: "boolean" }
  | { kind: "choice"; values: readonly Json[] }
  | { kind: "list"; item: JsonSchema }
  | { kind: "group"; members: readonly Member[] }
  | { kind: "variants"; variants: readonly Variant[] }
  | { kind: "json" };

export interface Member {
  name: string;
  schema: JsonSchema;
  required: boolean;
}

/** One of several shapes that a value may have. */
export interface Variant {
  label: string;
  schema: JsonSchema;
}

type Keywords = Record<string, unknown>;

/** Deeper than any form that a person fills in: a required member that holds itself has no blank. */
const DEEPEST = 12;
const ONE_LINE = 120;

/** The keywords of a schema, `$ref`s followed; `{}` where anything goes or a reference leads nowhere. */
export function keywordsOf(schema: JsonSchema, root: JsonSchema): Keywords {
  let at: unknown = schema;
  for (let step = 0; step < DEEPEST && isObject(at) && typeof at["$ref"] === "string"; step++) {
    const { $ref, ...others } = at;
    const target = $ref === "#" ? root : atPointer(root, decodeURIComponent($ref).replace(/^#/, ""));
    if (!isObject(target)) return {};
    at = { ...target, ...others };
  }
  return isObject(at) ? at : {};
}

/** What a person is told of a value, by its schema. */
export function descriptionOf(schema: JsonSchema, root: JsonSchema): string {
  const { description } = keywordsOf(schema, root);
  return typeof description === "string" ? description : "";
}

/** How a value of this schema is filled in. */
export function fieldOf(schema: JsonSchema, root: JsonSchema): Field {
  const keywords = keywordsOf(schema, root);
  const values = valuesOf(schema, root);
  if (values) return { kind: "choice", values };
  const variants = variantsOf(keywords, root);
  if (variants) return { kind: "variants", variants };
  switch (keywords["type"]) {
    case "string":
      return { kind: "text", long: isLong(keywords), hint: textHint(keywords) };
    case "number":
    case "integer":
      return { kind: "number", hint: numberHint(keywords) };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return isSchema(keywords["items"]) ? { kind: "list", item: keywords["items"] } : { kind: "json" };
    case "object": {
      const members = membersOf(keywords);
      return members.length > 0 && !isSchemaObject(keywords["additionalProperties"])
        ? { kind: "group", members }
        : { kind: "json" };
    }
    default:
      return { kind: "json" };
  }
}

/** The few values that are allowed, where they are named one by one. */
function valuesOf(schema: JsonSchema, root: JsonSchema): readonly Json[] | undefined {
  const keywords = keywordsOf(schema, root);
  if ("const" in keywords) return [keywords["const"] as Json];
  if (Array.isArray(keywords["enum"])) return keywords["enum"] as Json[];
  const options = alternativesOf(keywords);
  const each = options?.map((option) => valuesOf(option, root));
  return each?.every((values) => values !== undefined) ? each.flat() : undefined;
}

function alternativesOf({ anyOf, oneOf }: Keywords): JsonSchema[] | undefined {
  const options = anyOf ?? oneOf;
  return Array.isArray(options) && options.length > 0 && options.every(isSchema) ? options : undefined;
}

function variantsOf(keywords: Keywords, root: JsonSchema): Variant[] | undefined {
  const { type } = keywords;
  const alternatives = alternativesOf(keywords) ?? (Array.isArray(type) ? type.map((one) => ({ ...keywords, type: one as string })) : undefined); // prettier-ignore
  return alternatives?.map((schema) => ({ schema, label: labelOf(schema, root) }));
}

/** What tells a variant from the others: its title, its name, the constants in it, or its type. */
function labelOf(schema: JsonSchema, root: JsonSchema): string {
  const keywords = keywordsOf(schema, root);
  if (typeof keywords["title"] === "string") return keywords["title"];
  const reference = isObject(schema) && typeof schema["$ref"] === "string" ? schema["$ref"].split("/").at(-1)! : "";
  const constants = membersOf(keywords).flatMap(({ schema: member }) => constantOf(member, root) ?? []);
  const values = valuesOf(schema, root)?.map((value) => JSON.stringify(value));
  return constants.join(" ") || reference || values?.join(" or ") || said(keywords["type"], "anything");
}

function constantOf(schema: JsonSchema, root: JsonSchema): string | undefined {
  const values = valuesOf(schema, root);
  return values?.length === 1 ? said(values[0]) : undefined;
}

const said = (value: unknown, otherwise = ""): string =>
  typeof value === "string" ? value : value === undefined ? otherwise : JSON.stringify(value);

function membersOf({ properties, required }: Keywords): Member[] {
  const names = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {})
    .filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]))
    .map(([name, schema]) => ({ name, schema, required: names.includes(name) }));
}

const isSchemaObject = (value: unknown): boolean => value === true || isObject(value);
const isSchema = (value: unknown): value is JsonSchema => typeof value === "boolean" || isObject(value);

function isLong({ maxLength, format, pattern }: Keywords): boolean {
  return format === undefined && pattern === undefined && !(typeof maxLength === "number" && maxLength <= ONE_LINE);
}

function textHint({ format, pattern }: Keywords): string {
  if (typeof format === "string") return format;
  return typeof pattern === "string" ? pattern : "";
}

/** `whole, 1–10`. */
function numberHint({ type, minimum, maximum }: Keywords): string {
  const bounds = minimum !== undefined || maximum !== undefined ? `${said(minimum, "…")}–${said(maximum, "…")}` : "";
  return [type === "integer" && "whole", bounds].filter(Boolean).join(", ");
}

/** A value to begin with: all that is required, and no more. */
export function blankOf(schema: JsonSchema, root: JsonSchema, depth = 0): Json {
  const keywords = keywordsOf(schema, root);
  if ("default" in keywords) return keywords["default"] as Json;
  if (depth > DEEPEST) return null;
  const field = fieldOf(schema, root);
  switch (field.kind) {
    case "text":
      return "";
    case "number":
      return typeof keywords["minimum"] === "number" ? keywords["minimum"] : 0;
    case "boolean":
      return false;
    case "choice":
      return field.values[0] ?? null;
    case "list":
      return [];
    case "group": {
      const required = field.members.filter((member) => member.required);
      return Object.fromEntries(required.map(({ name, schema: of }) => [name, blankOf(of, root, depth + 1)]));
    }
    case "variants":
      return blankOf(field.variants[0]!.schema, root, depth + 1);
    case "json":
      return keywords["type"] === "object" ? {} : keywords["type"] === "array" ? [] : null;
  }
}

/** Which variant a value is, as far as its type and its constants tell; the first where none is. */
export function variantOf(value: Json | undefined, variants: readonly Variant[], root: JsonSchema): number {
  const index = variants.findIndex(({ schema }) => fits(value, schema, root));
  return Math.max(0, index);
}

function fits(value: Json | undefined, schema: JsonSchema, root: JsonSchema): boolean {
  const field = fieldOf(schema, root);
  switch (field.kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return field.values.some((one) => JSON.stringify(one) === JSON.stringify(value));
    case "list":
      return Array.isArray(value);
    case "group":
      return isObject(value) && field.members.every((member) => holds(value, member, root));
    case "variants":
      return field.variants.some((variant) => fits(value, variant.schema, root));
    case "json": {
      const { type } = keywordsOf(schema, root);
      return type === undefined || type === (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);
    }
  }
}

/** Whether a member is there where it must be, and one of its values where they are named. */
function holds(value: Record<string, unknown>, { name, schema, required }: Member, root: JsonSchema): boolean {
  if (!Object.hasOwn(value, name)) return !required;
  return fieldOf(schema, root).kind !== "choice" || fits(value[name] as Json, schema, root);
}
