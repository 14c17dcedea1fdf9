import { type Checker, ElementFlags, type IntersectionType, type NodeHandle, SignatureKind, type Symbol, SymbolFlags, type TupleType, type Type, TypeFlags, type TypeReference, type UnionType } from "./checker.ts"; // prettier-ignore
import { type Definitions, definitions, type Json } from "./definitions.ts";
import { isAsDeclared, writtenAlias } from "./declared-type.ts";
import { fitting, readDocTags } from "./doc-tags.ts";
import { documentationOf, kindsOf, withKeywords } from "./documentation.ts";
import { isLibrary, libraryType } from "./library-types.ts";
import type { TypeProblem } from "./problem.ts";
import { templatePattern } from "./template-pattern.ts";
import { membersOfUnion } from "./union.ts";

export interface SchemaOfType {
  schema: Json | boolean;
  problems: TypeProblem[];
}

/** Where a type stands, for what is said of it. */
interface Place {
  /** `Triage.tags[]` */
  path: string;
  node: NodeHandle | undefined;
  depth: number;
}

interface Writer {
  checker: Checker;
  definitions: Definitions;
  problems: TypeProblem[];
  nodes: number;
  /** It is too deep or too large: nothing more is read. */
  isEnough: boolean;
  until: number;
}

/** Deeper, and larger, no one means it: it is a type that makes itself anew without end. */
const MOST = { depth: 48, nodes: 20_000, members: 5_000, problems: 20, ms: 5000, path: 80 };
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/**
 * A type as a JSON Schema (draft 2020-12): property order and union order as declared, closed objects closed, named types
 * used more than once under `$defs`. What JSON cannot say is a problem with a place, never an empty schema.
 */
export function schemaOfType(checker: Checker, type: Type, node?: NodeHandle): SchemaOfType {
  const writer: Writer = {
    checker,
    definitions: definitions(),
    problems: [],
    nodes: 0,
    isEnough: false,
    until: performance.now() + MOST.ms,
  };
  const schema = schemaOf(writer, type, { path: nameOf(type) ?? "the type", node, depth: 0 });
  const whole = writer.definitions.close(schema);
  return { schema: whole === true ? true : { $schema: DIALECT, ...whole }, problems: writer.problems };
}

function problem(writer: Writer, { path, node }: Place, message: string, suggestion: string): true {
  const where = path.length > MOST.path ? `${path.slice(0, MOST.path)}…` : path;
  if (writer.problems.length < MOST.problems)
    writer.problems.push({ node, message: `${where}: ${message}`, suggestion });
  return true;
}

function schemaOf(writer: Writer, type: Type, place: Place): Json | true {
  if (writer.isEnough || writer.problems.length >= MOST.problems) return true;
  if (place.depth > MOST.depth || ++writer.nodes > MOST.nodes || performance.now() > writer.until) {
    writer.isEnough = true;
    return problem(writer, place, "the type is too deep or too large", "Make it finite: name the part that repeats, and refer to it by that name."); // prettier-ignore
  }
  const { flags } = type;
  if (flags & TypeFlags.Unknown) return true;
  if (flags & TypeFlags.Any) {
    // What is not found is a type error, and is said there.
    if (type.isErrorType()) return true;
    return problem(writer, place, "`any` says nothing of the value", "Write the type, or `unknown` where anything may come."); // prettier-ignore
  }
  const simple = simpleSchema(type);
  if (simple) return simple;
  const named = nameOf(type);
  if (named === undefined) return structure(writer, type, place);
  if (isPlainUnion(type))
    return withDocumentation(writer, structure(writer, type, place), type.getAliasSymbol(), place);
  return writer.definitions.refer(type.id, named, () => {
    const schema = structure(writer, type, { ...place, path: named });
    const whole = withDocumentation(writer, schema, type.getAliasSymbol() ?? type.getSymbol(), place);
    return whole === true ? {} : whole;
  });
}

/** A list of words needs no name: it is short, and clearest where it is used. */
const isPlainUnion = (type: Type) =>
  type.isUnionType() && type.getTypes().every(({ flags }) => flags & (TypeFlags.Literal | TypeFlags.Primitive));

function structure(writer: Writer, type: Type, place: Place): Json | true {
  const { flags } = type;
  if (type.isUnionType()) return union(writer, type, place);
  if (flags & (TypeFlags.TemplateLiteral | TypeFlags.StringMapping)) return template(writer, type, place);
  if (type.isIntersectionType()) return intersection(writer, type, place);
  if (flags & (TypeFlags.Object | TypeFlags.NonPrimitive)) return object(writer, type, place);
  const [what, instead] = (REFUSED.find(([kind]) => flags & kind)?.slice(1) as [string, string] | []) ?? [];
  return problem(writer, place, what ?? `\`${writer.checker.typeToString(type)}\` is not known`, instead ?? "Write a type that stands for one value."); // prettier-ignore
}

const REFUSED: readonly (readonly [TypeFlags, string, string])[] = [
  [TypeFlags.BigIntLike, "JSON has no `bigint`", "Write `number`, or `string` with `@pattern ^-?\\d+$`."],
  [TypeFlags.ESSymbolLike, "a symbol is no value of JSON", "Write `string`."],
  [TypeFlags.Never, "no value is a `never`", "Leave the property out."],
  [TypeFlags.Undefined | TypeFlags.Void, "JSON has no `undefined`", "Write `null`, or make the property optional."],
  [
    TypeFlags.EnumLike,
    "the value of an enum's member is known only when the code runs",
    "Give the member a literal value.",
  ],
  [TypeFlags.Instantiable, "the type depends on a type parameter", "Give the type parameter a type."],
];

function simpleSchema(type: Type): Json | undefined {
  const { flags } = type;
  if (flags & TypeFlags.Null) return { type: "null" };
  if (type.isBigIntLiteralType()) return undefined;
  if (type.isLiteralType()) return { const: type.value };
  if (flags & TypeFlags.Boolean) return { type: "boolean" };
  if (flags & TypeFlags.String) return { type: "string" };
  return flags & TypeFlags.Number ? { type: "number" } : undefined;
}

// Unions -----------------------------------------------------------------------------------------------------------

function union(writer: Writer, type: UnionType, place: Place): Json | true {
  const members = membersOfUnion(writer.checker, type, place.node).filter(
    ({ flags }) => !(flags & (TypeFlags.Undefined | TypeFlags.Void)),
  );
  if (members.length > MOST.members)
    return problem(writer, place, `a union of ${members.length} members is too large`, `Use at most ${MOST.members}, or a string with a pattern.`); // prettier-ignore
  const literals = members.filter((each) => each.isLiteralType() && !each.isBigIntLiteralType());
  const values = [...new Set(literals.map((each) => (each as unknown as { value: unknown }).value))];
  const schemas: (Json | true)[] = [];
  let saidLiterals = false;
  for (const member of members) {
    if (!literals.includes(member)) schemas.push(schemaOf(writer, member, { ...place, depth: place.depth + 1 }));
    else if (!saidLiterals) {
      saidLiterals = true;
      schemas.push(...literalSchemas(values));
    }
  }
  if (schemas.includes(true)) return true;
  return joined(schemas as Json[]);
}

function literalSchemas(values: unknown[]): Json[] {
  const isBoolean = values.includes(true) && values.includes(false);
  const rest = isBoolean ? values.filter((value) => typeof value !== "boolean") : values;
  const made: Json[] = rest.length === 1 ? [{ const: rest[0] }] : rest.length > 1 ? [{ enum: rest }] : [];
  return isBoolean ? [...made, { type: "boolean" }] : made;
}

/** Plain types are one list of types; `null` joins an enum; everything else is alternatives. */
function joined(schemas: Json[]): Json {
  if (schemas.length === 1) return schemas[0]!;
  const isPlain = (schema: Json) => Object.keys(schema).length === 1 && typeof schema["type"] === "string";
  if (schemas.every(isPlain)) return { type: schemas.map((schema) => schema["type"]) };
  const [values, nothing] = [
    schemas.find((schema) => schema["enum"]),
    schemas.find((schema) => schema["type"] === "null"),
  ];
  if (schemas.length === 2 && values && nothing) return { enum: [...(values["enum"] as unknown[]), null] };
  return { anyOf: schemas };
}

function template(writer: Writer, type: Type, place: Place): Json | true {
  const pattern = templatePattern(type);
  if (pattern !== undefined) return { type: "string", pattern };
  return problem(
    writer,
    place,
    `\`${writer.checker.typeToString(type)}\` has no pattern`,
    "Write `string` with `@pattern`.",
  );
}

/**
 * A primitive or an array with a brand is that primitive or array, as in JSON neither has properties; everything else is
 * an object with the properties of all.
 */
function intersection(writer: Writer, type: IntersectionType, place: Place): Json | true {
  const parts = type.getTypes();
  const { checker } = writer;
  const isPlain = (part: Type) => part.flags & (TypeFlags.Primitive | TypeFlags.TemplateLiteral | TypeFlags.StringMapping); // prettier-ignore
  const plain = parts.find((part) => isPlain(part) || checker.isArrayLikeType(part));
  if (!plain) return object(writer, type, place);
  const schema = schemaOf(writer, plain, { ...place, depth: place.depth + 1 });
  return schema === true ? true : { ...schema, ...lengthOf(checker, type, schema) };
}

/** `string[] & { length: 2 }` */
function lengthOf(checker: Checker, type: Type, schema: Json): Json {
  const property = schema["type"] === "array" ? checker.getPropertyOfType(type, "length") : undefined;
  const length = property && checker.getTypeOfSymbol(property);
  return length?.isNumberLiteralType() ? { minItems: length.value, maxItems: length.value } : {};
}

// Objects ----------------------------------------------------------------------------------------------------------

function object(writer: Writer, type: Type, place: Place): Json | true {
  const { checker } = writer;
  if (checker.isTupleType(type)) return tuple(writer, type as TypeReference, place);
  if (checker.isArrayType(type) || type.getSymbol()?.name === "ReadonlyArray") {
    const [item] = checker.getTypeArguments(type as TypeReference);
    const items = schemaOf(writer, item!, { path: `${place.path}[]`, node: place.node, depth: place.depth + 1 });
    return items === true ? { type: "array" } : { type: "array", items };
  }
  const foreign = libraryType(checker, type);
  if (foreign && "schema" in foreign) return foreign.schema;
  if (foreign) return problem(writer, place, `JSON has no \`${foreign.name}\``, foreign.instead);
  if (
    checker.getSignaturesOfType(type, SignatureKind.Call).length > 0 ||
    checker.getSignaturesOfType(type, SignatureKind.Construct).length > 0
  )
    // prettier-ignore
    return problem(writer, place, "a function is no value of JSON", "Leave it out.");
  return members(writer, type, place);
}

/** The name under which a project knows a type; generic ones carry their arguments. */
function nameOf(type: Type): string | undefined {
  const alias = type.getAliasSymbol();
  const name = alias?.name ?? type.getSymbol()?.name ?? "__type";
  if (name.startsWith("__") || isLibrary(type)) return undefined;
  const given = alias ? type.getAliasTypeArguments() : [];
  const words = given.map((each) => each.getAliasSymbol()?.name ?? each.getSymbol()?.name ?? "").filter((word) => /^[A-Za-z]\w*$/.test(word)); // prettier-ignore
  return [name, ...words].join("_");
}

function tuple(writer: Writer, type: TypeReference, place: Place): Json {
  const { elementFlags } = type.getTarget() as TupleType;
  const prefix: (Json | true)[] = [];
  let rest: Json | boolean = false;
  let least = 0;
  for (const [i, item] of writer.checker.getTypeArguments(type).entries()) {
    const flags = elementFlags[i]!;
    const schema = schemaOf(writer, item, { path: `${place.path}[${i}]`, node: place.node, depth: place.depth + 1 });
    if (flags & ElementFlags.Variable) {
      if (i < elementFlags.length - 1)
        problem(writer, place, "a tuple with a rest element before its end", "Put the rest element last.");
      rest = schema;
    } else {
      prefix.push(schema);
      if (flags & ElementFlags.Required) least = prefix.length;
    }
  }
  const bounds = { ...(least > 0 && { minItems: least }), ...(rest === false && { maxItems: prefix.length }) };
  return { type: "array", ...(prefix.length > 0 && { prefixItems: prefix }), items: rest, ...bounds };
}

function members(writer: Writer, type: Type, place: Place): Json {
  const { checker } = writer;
  const properties: Json = {};
  const required: string[] = [];
  const symbols = checker.getPropertiesOfType(type);
  const types = checker.getTypeOfSymbol(symbols);
  for (const [i, symbol] of symbols.entries()) {
    const { name } = symbol;
    if (String(symbol.escapedName).startsWith("__@")) continue; // a brand
    const own = types[i]!;
    const at: Place = {
      path: `${place.path}.${name.replace(/^__#\d+@/, "")}`,
      node: symbol.declarations[0] ?? place.node,
      depth: place.depth + 1,
    };
    if (symbol.flags & SymbolFlags.Optional && own.flags & (TypeFlags.Never | TypeFlags.Undefined)) continue; // `?: never`
    if (name === "__proto__") {
      problem(writer, at, "a property named `__proto__` is lost on the way", "Give it another name.");
      continue;
    }
    if (isHidden(symbol, type)) {
      problem(writer, at, "a private member is no part of the data", "Write an interface of the data alone.");
      continue;
    }
    if (symbol.flags & SymbolFlags.Method) {
      problem(writer, at, "a method is no value of JSON", "Leave it out, or write an interface of the data alone.");
      continue;
    }
    properties[name] = property(writer, symbol, own, at);
    if (!(symbol.flags & SymbolFlags.Optional) && !mayBeUndefined(own)) required.push(name);
  }
  const open = openness(writer, type, place);
  const hasProperties = Object.keys(properties).length > 0;
  if (!hasProperties && type.flags & TypeFlags.NonPrimitive) return { type: ["object", "array"] };
  return { type: "object", ...(hasProperties && { properties }), ...(required.length > 0 && { required }), ...open };
}

/** `#x`, and what a class calls private or protected. */
function isHidden({ escapedName, declarations }: Symbol, type: Type): boolean {
  if (String(escapedName).startsWith("__#")) return true;
  if (!((type.getSymbol()?.flags ?? 0) & SymbolFlags.Class)) return false;
  const written = declarations[0]?.resolve() as { modifiers?: readonly { getText(): string }[] } | undefined;
  return (written?.modifiers ?? []).some((modifier) => /^(private|protected)$/.test(modifier.getText()));
}

const mayBeUndefined = (type: Type) =>
  type.isUnionType() && type.getTypes().some(({ flags }) => flags & (TypeFlags.Undefined | TypeFlags.Void));

/** What other names an object may have: those of its index signatures. */
function openness(writer: Writer, type: Type, place: Place): Json {
  const patterns: Json = {};
  let additional: Json | boolean = false;
  for (const { keyType, valueType } of writer.checker.getIndexInfosOfType(type)) {
    if (valueType.flags & TypeFlags.Never) continue;
    const value = schemaOf(writer, valueType, { path: `${place.path}[…]`, node: place.node, depth: place.depth + 1 });
    if (keyType.flags & TypeFlags.String) additional = value;
    else if (keyType.flags & TypeFlags.Number) patterns["^-?[0-9]+(\\.[0-9]+)?$"] = value;
    else {
      const pattern = templatePattern(keyType);
      if (pattern === undefined)
        problem(
          writer,
          place,
          `keys of the type \`${writer.checker.typeToString(keyType)}\``,
          "Write `Record<string, …>`.",
        );
      else patterns[pattern] = value;
    }
  }
  // What only says again what holds of every name.
  const rest = JSON.stringify(additional);
  for (const [pattern, value] of Object.entries(patterns)) if (JSON.stringify(value) === rest) delete patterns[pattern];
  return { ...(Object.keys(patterns).length > 0 && { patternProperties: patterns }), additionalProperties: additional };
}

// Documentation ----------------------------------------------------------------------------------------------------

function property(writer: Writer, symbol: Symbol, type: Type, place: Place): Json | true {
  const { checker } = writer;
  const schema = withAlias(writer, schemaOf(writer, type, place), symbol, type, place);
  return withDocumentation(writer, schema, symbol, place, () => isAsDeclared(checker, symbol, type));
}

const isBare = (schema: unknown) => Object.keys(Object(schema) as object).join() === "type";

/** What is said where the name of a plain type is declared. */
function withAlias(writer: Writer, schema: Json | true, symbol: Symbol, type: Type, place: Place): Json | true {
  const { checker } = writer;
  if (schema === true || !(isBare(schema) || isBare(schema["items"]))) return schema;
  const alias = writtenAlias(checker, symbol);
  if (!alias || !isAsDeclared(checker, symbol, type)) return schema;
  if (!alias.isItem) return withDocumentation(writer, schema, alias.symbol, place);
  return { ...schema, items: withDocumentation(writer, schema["items"] as Json, alias.symbol, place) };
}

/** @param isMeant whether the comment was written of this very type */
function withDocumentation(
  writer: Writer,
  schema: Json | true,
  symbol: Symbol | undefined,
  place: Place,
  isMeant = () => true,
): Json | true {
  if (!symbol) return schema;
  const { description, tags } = documentationOf(writer.checker, symbol);
  const { keywords, problems } = readDocTags(description, tags);
  for (const { message, suggestion } of problems) problem(writer, place, message, suggestion);
  const { fit, misfit } = fitting(keywords, kindsOf(schema));
  if (misfit.length > 0 && isMeant())
    for (const keyword of misfit)
      problem(writer, place, `\`@${keyword}\` says nothing of such a value`, "Take it away, or put it on the property it is meant for."); // prettier-ignore
  return withKeywords(schema, fit);
}
