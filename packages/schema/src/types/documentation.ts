import { type Checker, type Symbol, SymbolFlags } from "./checker.ts";
import { commentBeside } from "./declared-type.ts";
import type { Json } from "./definitions.ts";
import { parseComment } from "./doc-tags.ts";

/** What is written above a declaration, or beside it. */
export function documentationOf(checker: Checker, symbol: Symbol): ReturnType<typeof parseComment> {
  const description = checker.getDocumentationCommentOfSymbol(symbol);
  const tags = checker.getJsDocTagsOfSymbol(symbol).map(({ name, text = "" }) => ({ name, text }));
  const beside = description === "" && tags.length === 0 && symbol.flags & SymbolFlags.Property ? commentBeside(symbol) : undefined; // prettier-ignore
  return beside === undefined ? { description, tags } : parseComment(beside);
}

/** A schema with the keywords that a comment adds; a pattern holds beside the one that the type has. */
export function withKeywords(schema: Json | true, { type, ...said }: Json): Json | true {
  const of = type === "integer" && schema !== true ? asInteger(schema) : schema;
  if (of === true)
    return Object.keys(said).length > 0 || type ? { ...(type !== undefined && { type }), ...said } : true;
  const twice = "pattern" in said && "pattern" in of && said["pattern"] !== of["pattern"];
  if (twice) return { ...of, ...said, pattern: of["pattern"], allOf: [{ pattern: said["pattern"] }] };
  return { ...of, ...said };
}

function asInteger(schema: Json): Json {
  const integer = (type: unknown) => (type === "number" ? "integer" : type);
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: (anyOf as Json[]).map(asInteger) };
  return type === undefined ? schema : { ...schema, type: Array.isArray(type) ? type.map(integer) : integer(type) };
}

/** What a value may be, as far as a comment's keywords are about one kind only. */
export function kindsOf(schema: Json | true): Set<string> {
  if (schema === true) return new Set(["number", "string", "array", "object"]);
  const kinds = new Set<string>();
  const values = (schema["enum"] as unknown[] | undefined) ?? ("const" in schema ? [schema["const"]] : []);
  for (const value of values) kinds.add(typeof value);
  for (const type of [schema["type"] ?? []].flat() as string[]) kinds.add(type);
  for (const each of (schema["anyOf"] as Json[] | undefined) ?? []) for (const kind of kindsOf(each)) kinds.add(kind);
  if ("$ref" in schema) kinds.add("object");
  return kinds;
}
