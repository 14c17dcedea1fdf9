import { COMPONENTS } from "./components.ts";
import type { Schema } from "./documents.ts";

type Keywords = { readonly [keyword: string]: unknown };

/** A type as text, and the operator that holds it together at its outermost. */
interface Written {
  text: string;
  operator: "" | "|" | "&";
}

const unit = (text: string): Written => ({ text, operator: "" });
const UNKNOWN = unit("unknown");
const NEVER = unit("never");
const SIMPLE: Readonly<Record<string, string>> = { string: "string", number: "number", integer: "number", boolean: "boolean", null: "null" }; // prettier-ignore
const OBJECT_WORDS = ["properties", "required", "additionalProperties", "patternProperties"];
const ARRAY_WORDS = ["items", "prefixItems"];

/**
 * The declaration of a schema as an exported TypeScript type: of every JSON value that the schema allows. What types
 * cannot say (ranges, patterns, `not`) is left out. References are those of `componentsOf`.
 */
export function declareType(name: string, schema: Schema): string {
  const { text, operator } = written(schema, "");
  const comment = commentOf(schema, "");
  if (operator === "" && text.startsWith("{\n")) return `${comment}export interface ${name} ${text}\n`;
  return `${comment}export type ${name} = ${text};\n`;
}

function written(schema: Schema, indent: string): Written {
  if (typeof schema === "boolean") return schema ? UNKNOWN : NEVER;
  const parts: Written[] = [];
  if (typeof schema["$ref"] === "string") parts.push(unit(schema["$ref"].slice(COMPONENTS.length)));
  if ("const" in schema) parts.push(literal(schema["const"]));
  else if (Array.isArray(schema["enum"])) parts.push(union(schema["enum"].map(literal)));
  else {
    const own = ownType(schema, indent);
    if (own) parts.push(own);
  }
  for (const keyword of ["anyOf", "oneOf"])
    if (keyword in schema) parts.push(union(list(schema, keyword).map((each) => written(each, indent))));
  parts.push(...list(schema, "allOf").map((each) => written(each, indent)));
  return intersection(parts);
}

/** What `type` and the keywords of objects and arrays say; nothing where they say nothing. */
function ownType(schema: Keywords, indent: string): Written | undefined {
  const { type } = schema;
  const types = Array.isArray(type) ? type.map(String) : typeof type === "string" ? [type] : implied(schema);
  if (types.length === 0) return undefined;
  return union(
    types.map((each) => {
      if (each === "object") return objectType(schema, indent);
      if (each === "array") return arrayType(schema, indent);
      return unit(SIMPLE[each] ?? "unknown");
    }),
  );
}

function implied(schema: Keywords): string[] {
  if (OBJECT_WORDS.some((word) => word in schema)) return ["object"];
  return ARRAY_WORDS.some((word) => word in schema) ? ["array"] : [];
}

function objectType(schema: Keywords, indent: string): Written {
  const inner = `${indent}  `;
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"].map(String) : []);
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>).map(([name, property]) => {
    return { name, property, type: written(property, inner), mark: required.has(name) ? "" : "?" };
  });
  const others = otherValues(schema, inner);
  if (properties.length === 0) {
    if (others.length > 0) return unit(`{ [name: string]: ${union(others).text} }`);
    return unit(schema["additionalProperties"] === false ? "Record<string, never>" : "Record<string, unknown>");
  }
  const lines = properties.map(({ name, property, type, mark }) => {
    return `${commentOf(property, inner)}${inner}${keyText(name)}${mark}: ${type.text};\n`;
  });
  if (others.length > 0) {
    // An index signature has to allow what the properties beside it are.
    const absent = properties.some(({ mark }) => mark === "?") ? [unit("undefined")] : [];
    const { text } = union([...properties.map(({ type }) => type), ...others, ...absent]);
    lines.push(`${inner}[name: string]: ${text};\n`);
  }
  return unit(`{\n${lines.join("")}${indent}}`);
}

/** What properties without a name of their own may be. */
function otherValues(schema: Keywords, indent: string): Written[] {
  const patterns = Object.values((schema["patternProperties"] ?? {}) as Record<string, Schema>);
  const additional = schema["additionalProperties"] as Schema | undefined;
  const open = additional === undefined || additional === true || additional === false ? [] : [additional];
  return [...patterns, ...open].map((each) => written(each, indent));
}

function arrayType(schema: Keywords, indent: string): Written {
  const first = Array.isArray(schema["items"]) ? list(schema, "items") : list(schema, "prefixItems");
  const rest = (Array.isArray(schema["items"]) ? schema["additionalItems"] : schema["items"]) as Schema | undefined;
  if (first.length === 0) {
    if (rest === false) return unit("[]");
    const element = written(rest ?? true, indent);
    return unit(`${element.operator ? `(${element.text})` : element.text}[]`);
  }
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const elements = first.map((each, i) => {
    const element = written(each, indent);
    return i < least ? element.text : `${element.operator ? `(${element.text})` : element.text}?`;
  });
  const most = schema["maxItems"];
  const closed = rest === false || (typeof most === "number" && most <= first.length);
  const tail = closed ? [] : [`...${arrayType({ items: rest ?? true }, indent).text}`];
  return unit(`[${[...elements, ...tail].join(", ")}]`);
}

function literal(value: unknown): Written {
  if (Array.isArray(value)) return unit(`[${value.map((each) => literal(each).text).join(", ")}]`);
  if (typeof value !== "object" || value === null) return unit(JSON.stringify(value));
  const members = Object.entries(value).map(([name, each]) => `${keyText(name)}: ${literal(each).text}`);
  return { text: members.length > 0 ? `{ ${members.join("; ")} }` : "Record<string, never>", operator: "" };
}

function union(parts: readonly Written[]): Written {
  const kept = distinct(parts.filter(({ text }) => text !== "never"));
  if (kept.some(({ text }) => text === "unknown")) return UNKNOWN;
  if (kept.length === 0) return NEVER;
  if (kept.length === 1) return kept[0]!;
  return { text: kept.map(({ text, operator }) => (operator === "&" ? `(${text})` : text)).join(" | "), operator: "|" };
}

function intersection(parts: readonly Written[]): Written {
  const kept = distinct(parts.filter(({ text }) => text !== "unknown"));
  if (kept.length === 0) return UNKNOWN;
  if (kept.length === 1) return kept[0]!;
  return { text: kept.map(({ text, operator }) => (operator === "|" ? `(${text})` : text)).join(" & "), operator: "&" };
}

const distinct = (parts: readonly Written[]) => [...new Map(parts.map((part) => [part.text, part])).values()];

const list = (schema: Keywords, keyword: string) =>
  Array.isArray(schema[keyword]) ? (schema[keyword] as Schema[]) : [];

const keyText = (name: string) => (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name));

function commentOf(schema: Schema, indent: string): string {
  if (typeof schema === "boolean" || typeof schema["description"] !== "string") return "";
  return docComment(schema["description"], indent);
}

/** A text as a documentation comment; nothing where there is nothing to say. */
export function docComment(text: string, indent: string): string {
  const lines = text
    .replaceAll("*/", "*\\/")
    .trim()
    .split(/\r\n|[\n\r\u2028\u2029]/);
  if (lines.length === 1) return lines[0] === "" ? "" : `${indent}/** ${lines[0]} */\n`;
  const middle = lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n");
  return `${indent}/**\n${middle}\n${indent} */\n`;
}
