import { type Document, openDocument, type Place, ReferenceError, type Schema } from "../documents.ts";
import { createReport, type KeywordReport, type Report } from "../report.ts";
import { lowerArray } from "./arrays.ts";
import { eitherOf } from "./choices.ts";
import { lowerObject } from "./objects.ts";
import { type TargetName, type TargetRules, TARGETS } from "./rules.ts";
import { flattenedTo, SizeBudget } from "./size.ts";
import { isStrippable, type Strip, type TextStrip, textStrip } from "./strip.ts";

export type { TargetName } from "./rules.ts";
import { lowerNumber, lowerString, lowerValues } from "./scalars.ts";

/** From a value of the lowered schema to one of the original. */
export type Lift = (value: unknown) => unknown;

export interface Lowered {
  schema: Readonly<Record<string, unknown>>;
  strict: boolean;
  /** One line for each keyword: what the target holds to itself is `enforced`. */
  report: KeywordReport[];
  /** Absent where values are as they are. */
  lift?: Lift;
  /** The same for a text that is still being written, anew for each; absent where that takes the whole value. */
  liftText?: () => TextStrip;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A part of what is said of one value: some keywords of one schema of the document. */
export interface Part {
  fields: Fields;
  pointer: string;
}

/** A lowered schema within the whole, and the way back; without one, values are as they are. */
export interface Piece {
  schema: Fields;
  lift?: Lift;
  /** What `lift` does, where it only leaves out. */
  strip?: Strip;
}

/** What the lowering of one kind of value needs of the others. Nothing allowed = `undefined`. */
export interface Lowerer {
  rules: TargetRules;
  report: Report;
  /** What the whole may still hold. */
  budget: SizeBudget;
  /** Everything that the parts say, together. None = anything. */
  lower(parts: readonly Part[]): Piece | undefined;
  part(pointer: string): Part | false;
  /** A document in which schemas of the original can be asked about a value. */
  original(parts: readonly Part[]): Schema;
  /** The same for lowered ones. */
  lowered(schema: Fields): Schema;
}

/** Of what a provider would refuse anyway; below and beyond, anything is allowed, and checked afterwards. */
const MOST = { unrolled: 3, pieces: 5000, deep: 100 };
const TOO_LARGE = "the schema is too large, or nested too deep";
const DEFINITIONS = ["$defs", "definitions"];
const ANNOTATIONS = new Set(["title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment", "$defs", "definitions", "$schema", "$id", "id", "$anchor"]); // prettier-ignore

/**
 * A schema as a provider takes it, with what became of every keyword and the way back from its values: a value that is
 * valid for the lowered schema is, lifted, valid for the original but for the keywords that are not `enforced`.
 */
export function lower(schema: Schema, target: TargetName): Lowered {
  const rules: TargetRules = TARGETS[target];
  const report = createReport();
  const { piece, definitions } = lowerDocument(openDocument(schema), rules, report);
  const { schema: whole, lift } = rules.objectRoot && piece.schema["type"] !== "object" ? wrapped(piece) : piece;
  const root = rules.size ? flattenedTo(rules.size.levels, whole, definitions) : whole;
  const strict = rules.strict;
  return {
    schema: { ...root, ...(Object.keys(definitions).length > 0 && { $defs: definitions }) },
    strict,
    report: report.lines(),
    ...(lift && { lift: willingly(lift) }),
    ...(lift && lift === piece.lift && isStrippable(piece) && { liftText: () => textStrip(piece) }),
  };
}

/** What is not of the lowered schema stays as it is: a model may as well have answered in the original's form. */
function willingly(lift: Lift): Lift {
  return (value) => {
    try {
      return lift(value);
    } catch {
      return value;
    }
  };
}

function wrapped({ schema, lift = (value) => value }: Piece): Piece {
  return {
    schema: { type: "object", properties: { value: schema }, required: ["value"], additionalProperties: false },
    lift: (value) => lift((value as Fields)["value"]),
  };
}

function lowerDocument(
  document: Document,
  rules: TargetRules,
  report: Report,
): { piece: Piece; definitions: Record<string, Fields> } {
  const definitions: Record<string, Fields> = {};
  const named = new Map<string, { name: string; piece?: Piece | undefined }>();
  /** References being written out, innermost last. */
  const within: string[] = [];
  let pieces = 0;
  let depth = 0;
  let lifts = false;

  const lowerer: Lowerer = {
    rules,
    report,
    budget: new SizeBudget(rules.size),
    lower: lowerParts,
    part: partAt,
    original: (parts) => ({ allOf: parts.map(({ fields }) => fields), ...definitionsOf(document.root.schema) }),
    lowered: (schema) => ({ ...schema, $defs: definitions }),
  };

  function partAt(pointer: string): Part | false {
    const place = document.resolve(document.root, `#${encodeURI(pointer).replaceAll("#", "%23")}`);
    return place.schema === false ? false : partOf(place);
  }

  function partOf({ schema, pointer }: Place): Part {
    return { fields: typeof schema === "boolean" ? {} : schema, pointer };
  }

  function lowerParts(parts: readonly Part[]): Piece | undefined {
    if (pieces++ > MOST.pieces || depth > MOST.deep) return anything(parts, TOO_LARGE);
    depth++;
    const piece = lowerMeant(parts);
    depth--;
    return piece;
  }

  function lowerMeant(parts: readonly Part[]): Piece | undefined {
    const [only] = parts;
    const meant = parts.filter(({ fields }) => Object.keys(fields).some((keyword) => !ANNOTATIONS.has(keyword)));
    if (meant.length === 0) return described(anything([]), only);
    if (meant.length === 1 && isReference(meant[0]!)) return lowerReference(meant[0]!);
    const flat = flattened(meant);
    if (!flat) return undefined;
    const choice = flat.findIndex(({ fields }) => Array.isArray(fields["anyOf"]) || Array.isArray(fields["oneOf"]));
    const piece = choice >= 0 ? lowerChoice(flat, choice) : lowerPlain(flat);
    if (piece?.lift) lifts = true;
    return piece && described(piece, parts.find(({ fields }) => fields["description"] !== undefined)); // prettier-ignore
  }

  function lowerReference(part: Part): Piece | undefined {
    const target = follow(part);
    if (target === undefined) return anything([]);
    if (!target) return undefined;
    return rules.references ? lowerNamed(target) : lowerWrittenOut(part, target);
  }

  function lowerNamed(target: Part): Piece {
    let known = named.get(target.pointer);
    if (!known) {
      const name = unusedName(target.pointer, definitions);
      definitions[name] = {};
      named.set(target.pointer, (known = { name }));
      const held = known;
      held.piece = lowerParts([target]);
      definitions[name] = held.piece?.schema ?? { type: "null" };
    }
    const { name } = known;
    return {
      schema: { $ref: `#/$defs/${name}` },
      lift: (value) => known.piece?.lift?.(value) ?? value,
      strip: { ...NOTHING_LEFT_OUT, same: () => known.piece },
    };
  }

  function lowerWrittenOut(part: Part, target: Part): Piece | undefined {
    const times = within.filter((pointer) => pointer === target.pointer).length;
    if (times >= MOST.unrolled)
      return anything([part], `written out ${MOST.unrolled} times; below, anything may stand`);
    within.push(target.pointer);
    const piece = lowerParts([target]);
    within.pop();
    return piece;
  }

  /** `undefined`: it leads nowhere. */
  function follow({ fields, pointer }: Part): Part | false | undefined {
    try {
      const place = document.resolve({ schema: fields, pointer }, String(fields["$ref"]));
      report.note(pointer, "$ref", "enforced");
      return place.schema === false ? false : partOf(place);
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      report.note(pointer, "$ref", "checked afterwards", error.message);
      return undefined;
    }
  }

  /** References with something beside them followed, `allOf` taken apart. */
  function flattened(parts: readonly Part[], seen: readonly string[] = []): Part[] | undefined {
    const flat: Part[] = [];
    for (const part of parts) {
      const { $ref, allOf, ...fields } = part.fields;
      flat.push({ fields, pointer: part.pointer });
      const others: (Part | false | undefined)[] = Array.isArray(allOf) ? allOf.map((_, i) => partAt(`${part.pointer}/allOf/${i}`)) : []; // prettier-ignore
      if (Array.isArray(allOf)) report.note(part.pointer, "allOf", "enforced");
      if (typeof $ref === "string") others.push(follow(part));
      for (const other of others) {
        if (other === undefined) continue;
        if (other === false || seen.includes(other.pointer)) return undefined;
        const inner = flattened([other], [...seen, other.pointer]);
        if (!inner) return undefined;
        flat.push(...inner);
      }
    }
    return flat;
  }

  function lowerChoice(parts: readonly Part[], at: number): Piece | undefined {
    const { fields, pointer } = parts[at]!;
    const keyword = Array.isArray(fields["anyOf"]) ? "anyOf" : "oneOf";
    const { [keyword]: choices, ...own } = fields;
    const others = parts.map((part, i) => (i === at ? { fields: own, pointer } : part));
    if (keyword === "anyOf") report.note(pointer, keyword, "enforced");
    else report.note(pointer, keyword, "approximated", "a value that fits several of the schemas is refused afterwards"); // prettier-ignore
    const branches = (choices as unknown[]).flatMap((_, i) => {
      const branch = partAt(`${pointer}/${keyword}/${i}`);
      if (!branch) return [];
      const all = others.some(says) ? [...others, branch] : [branch];
      const piece = lowerParts(all);
      return piece ? [{ piece, parts: all }] : [];
    });
    return eitherOf(lowerer, branches);
  }

  function lowerPlain(parts: readonly Part[]): Piece | undefined {
    const listed = lowerValues(lowerer, parts);
    if (listed !== "any") return listed;
    const branches = typesOf(parts).flatMap((type) => {
      const typed = [...parts, { fields: { type }, pointer: parts[0]!.pointer }];
      const piece = lowerTyped(type, parts);
      return piece ? [{ piece, parts: typed }] : [];
    });
    for (const { fields, pointer } of parts)
      for (const keyword of Object.keys(fields))
        if (keyword === "type") report.note(pointer, keyword, "enforced");
        else if (UNTYPED.has(keyword)) report.note(pointer, keyword, "checked afterwards");
    return eitherOf(lowerer, branches);
  }

  function lowerTyped(type: string, parts: readonly Part[]): Piece | undefined {
    if (type === "string") return lowerString(lowerer, parts);
    if (type === "number" || type === "integer") return lowerNumber(lowerer, type, parts);
    if (type === "array") return lowerArray(lowerer, parts);
    if (type === "object") {
      const names = parts.flatMap(({ fields }) => Object.keys((fields["properties"] ?? {}) as Fields));
      return lowerer.budget.takeProperties(names) ? lowerObject(lowerer, parts) : anything(parts, TOO_LARGE);
    }
    return { schema: { type } };
  }

  /** Where a target wants a type: JSON in a text. */
  function anything(parts: readonly Part[], note?: string): Piece {
    for (const { fields, pointer } of parts)
      for (const keyword of Object.keys(fields))
        if (!ANNOTATIONS.has(keyword)) report.note(pointer, keyword, "approximated", note);
    if (!rules.typed) return { schema: {} };
    lifts = true;
    return { schema: { type: "string", description: "any JSON value, written as JSON" }, lift: parsed };
  }

  const piece = lowerParts([partOf(document.root)]);
  if (document.root.schema === false || !piece) return { piece: { schema: { type: "null" } }, definitions };
  return { piece: lifts ? piece : { schema: piece.schema }, definitions };
}

const NOTHING_LEFT_OUT = { optional: new Set<string>(), members: new Map<string, Piece>() };

/** Keywords of no one type that no target takes. */
const UNTYPED = new Set(["not", "if", "then", "else", "$dynamicRef", "$recursiveRef"]);

const isReference = ({ fields }: Part) => typeof fields["$ref"] === "string" && Object.keys(fields).every((keyword) => keyword === "$ref" || ANNOTATIONS.has(keyword)); // prettier-ignore

/** Whether it says something besides its type. */
const says = ({ fields }: Part) => Object.keys(fields).some((keyword) => !ANNOTATIONS.has(keyword));

function definitionsOf(root: Schema): Fields {
  if (typeof root === "boolean") return {};
  return Object.fromEntries(DEFINITIONS.flatMap((keyword) => (keyword in root ? [[keyword, root[keyword]]] : [])));
}

/** The description of the whole before what was put into words of its parts. */
function described(piece: Piece, part: Part | undefined): Piece {
  const said = part?.fields["description"];
  if (typeof said !== "string" || "$ref" in piece.schema) return piece;
  const own = piece.schema["description"];
  return { ...piece, schema: { ...piece.schema, description: typeof own === "string" ? `${said} (${own})` : said } };
}

/** A text that is JSON, as the value; another one as it is. */
export function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value)) as unknown;
  } catch {
    return value;
  }
}

function unusedName(pointer: string, taken: Fields): string {
  const name = pointer.split("/").at(-1)!.replace(/\W+/g, "_") || "root"; // prettier-ignore
  for (let number = 1; ; number++) {
    const each = number === 1 ? name : `${name}_${number}`;
    if (!Object.hasOwn(taken, each)) return each;
  }
}

const TYPES = ["string", "number", "boolean", "array", "object", "null"];
/** What a schema without a type must mean, by its keywords. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"],
  object: ["properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties", "propertyNames"], // prettier-ignore
};

function typesOf(parts: readonly Part[]): string[] {
  const said = parts.flatMap(({ fields: { type } }) => (type === undefined ? [] : [Array.isArray(type) ? type : [type]])) as string[][]; // prettier-ignore
  if (said.length > 0) return said.reduce(narrowed);
  const meant = Object.entries(MEANT).filter(([, keywords]) => parts.some(({ fields }) => keywords.some((keyword) => keyword in fields))); // prettier-ignore
  return meant.length > 0 ? meant.map(([type]) => type) : TYPES;
}

/** The types that are in both; an integer is a number. */
function narrowed(a: readonly string[], b: readonly string[]): string[] {
  const both = a.filter((type) => b.includes(type) || (type === "integer" && b.includes("number")));
  return b.includes("integer") && a.includes("number") && !a.includes("integer") ? [...both, "integer"] : both;
}
