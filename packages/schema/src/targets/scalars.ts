import { validator } from "../validate.ts";
import { eitherOf } from "./choices.ts";
import { type Fields, type Lowerer, type Part, parsed, type Piece } from "./lower.ts";

/** Keywords as a target takes them: those it does not take go into the description. */
export class Facets {
  readonly #lowerer: Lowerer;
  readonly #parts: readonly Part[];
  readonly #kept: Record<string, unknown> = {};
  readonly #words: string[] = [];

  constructor(lowerer: Lowerer, parts: readonly Part[]) {
    this.#lowerer = lowerer;
    this.#parts = parts;
  }

  /** Takes the strictest of a keyword's values. */
  add(keyword: string, stricter: (a: number, b: number) => number): void {
    const values = this.#valuesOf(keyword).filter((value) => typeof value === "number");
    if (values.length > 0)
      this.#say(
        keyword,
        values.reduce((a, b) => stricter(a, b)),
      );
  }

  /** The first value is taken, any others are only said. */
  addFirst(keyword: string, taken: (value: unknown) => boolean = () => true): void {
    for (const [i, { fields, pointer }] of this.#parts
      .filter(({ fields }) => fields[keyword] !== undefined)
      .entries()) {
      const known = this.#lowerer.rules.keywords.has(keyword) || keyword === "format";
      if (i === 0 && known && taken(fields[keyword])) {
        this.#kept[keyword] = fields[keyword];
        this.#lowerer.report.note(pointer, keyword, "enforced");
      } else this.#onlySay(pointer, keyword, fields[keyword]);
    }
  }

  /** What no target takes. */
  onlySay(keyword: string): void {
    for (const { fields, pointer } of this.#parts)
      if (keyword in fields) this.#onlySay(pointer, keyword, fields[keyword]);
  }

  /** A keyword that is kept in another form than it has. */
  keep(keyword: string, value: unknown): void {
    this.#kept[keyword] = value;
  }

  note(keyword: string, action: "enforced" | "approximated", note?: string): void {
    for (const { fields, pointer } of this.#parts)
      if (keyword in fields) this.#lowerer.report.note(pointer, keyword, action, note);
  }

  fields(): Fields {
    return { ...this.#kept, ...(this.#words.length > 0 && { description: this.#words.join("; ") }) };
  }

  #valuesOf(keyword: string): unknown[] {
    return this.#parts.flatMap(({ fields }) => (fields[keyword] === undefined ? [] : [fields[keyword]]));
  }

  #say(keyword: string, value: unknown): void {
    if (!this.#lowerer.rules.keywords.has(keyword)) return this.onlySay(keyword);
    this.#kept[keyword] = value;
    this.note(keyword, "enforced");
  }

  #onlySay(pointer: string, keyword: string, value: unknown): void {
    this.#words.push(`${keyword}: ${JSON.stringify(value)}`);
    this.#lowerer.report.note(pointer, keyword, "checked afterwards");
  }
}

export function lowerString(lowerer: Lowerer, parts: readonly Part[]): Piece {
  const facets = new Facets(lowerer, parts);
  facets.add("minLength", Math.max);
  facets.add("maxLength", Math.min);
  facets.addFirst("pattern");
  facets.addFirst("format", (format) => lowerer.rules.formats?.has(String(format)) ?? true);
  return { schema: { type: "string", ...facets.fields() } };
}

export function lowerNumber(lowerer: Lowerer, type: "number" | "integer", parts: readonly Part[]): Piece {
  const facets = new Facets(lowerer, parts);
  for (const keyword of ["minimum", "exclusiveMinimum"]) facets.add(keyword, Math.max);
  for (const keyword of ["maximum", "exclusiveMaximum"]) facets.add(keyword, Math.min);
  facets.addFirst("multipleOf");
  return { schema: { type, ...facets.fields() } };
}

/** `enum` and `const`, less what the other keywords refuse; objects and arrays as JSON in a text. */
export function lowerValues(lowerer: Lowerer, parts: readonly Part[]): Piece | "any" | undefined {
  const lists = parts.flatMap(({ fields }) => [...("const" in fields ? [[fields["const"]]] : []), ...(Array.isArray(fields["enum"]) ? [fields["enum"] as unknown[]] : [])]); // prettier-ignore
  if (lists.length === 0) return "any";
  const values = lists[0]!.filter(fitting(lowerer, parts));
  for (const { fields, pointer } of parts)
    for (const keyword of Object.keys(fields)) lowerer.report.note(pointer, keyword, "enforced");
  const fits = lowerer.budget.takeValues(values);
  if (!fits) for (const { pointer, fields } of parts) for (const keyword of ["enum", "const"]) if (keyword in fields) lowerer.report.note(pointer, keyword, "checked afterwards", "more values than the target takes"); // prettier-ignore
  const listed = (among: unknown[]) => (fits ? { enum: among } : { description: `one of ${JSON.stringify(among)}` });
  const typed = (type: string, among: unknown[]): Piece[] => (among.length > 0 ? [{ schema: { type, ...listed(among) } }] : []); // prettier-ignore
  const composed = values.filter((value) => typeof value === "object" && value !== null);
  const pieces: Piece[] = [
    ...typed("string", values.filter((value) => typeof value === "string")), // prettier-ignore
    ...typed("number", values.filter((value) => typeof value === "number")), // prettier-ignore
    ...typed("boolean", values.filter((value) => typeof value === "boolean")), // prettier-ignore
    ...(values.includes(null) ? [{ schema: { type: "null" } }] : []),
    ...typed("string", composed.map((value) => JSON.stringify(value))).map(({ schema }) => ({ schema, lift: parsed })), // prettier-ignore
  ];
  return eitherOf(lowerer, pieces.map((piece) => ({ piece, parts }))); // prettier-ignore
}

/** Whether a value is what everything else allows. Mostly that is nothing but a type. */
function fitting(lowerer: Lowerer, parts: readonly Part[]): (value: unknown) => boolean {
  const [only, ...more] = parts;
  const { type } = only!.fields;
  const both = "enum" in only!.fields && "const" in only!.fields;
  if (
    more.length === 0 &&
    !both &&
    !Array.isArray(type) &&
    Object.keys(only!.fields).every((keyword) => SIMPLE.has(keyword))
  )
    // prettier-ignore
    return (value) => type === undefined || type === typeOf(value) || (type === "number" && typeof value === "number");
  const check = validator(lowerer.original(parts));
  return (value) => check(value).length === 0;
}

const SIMPLE = new Set(["enum", "const", "type", "description", "title", "default", "examples"]);

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
