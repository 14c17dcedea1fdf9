/** A JSON Schema: an object of keywords, or a boolean. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

/** One schema within a document. The same place is always the same object. */
export interface Place {
  readonly schema: Schema;
  /** JSON Pointer from the document's root, `""` for the root itself. */
  readonly pointer: string;
}

/** What a `$ref` cannot be followed to. */
export class ReferenceError extends Error {}

/** A document and the places within it that others refer to. */
export interface Document {
  readonly root: Place;
  /** The place of a subschema of a place. */
  child(parent: Place, ...path: (string | number)[]): Place | undefined;
  /** A schema that stands for a keyword of a place, as `reading` has it: what is said of it is said of the keyword. */
  graft(parent: Place, keyword: string, reading: string, schema: Schema): Place;
  /**
   * Where a `$ref` leads.
   * @throws ReferenceError where it leads nowhere, or out of the document
   */
  resolve(from: Place, reference: string): Place;
}

export function openDocument(root: Schema): Document {
  const places = new Map<string, Place>();
  const anchors = new Map<string, string>();
  const bases: { pointer: string; id: string }[] = [];
  const grafts = new Map<string, Schema>();
  index(root, "", "", anchors, bases);

  function found(pointer: string): unknown {
    const mark = pointer.lastIndexOf(GRAFT);
    if (mark < 0) return follow(root, pointer);
    const end = pointer.indexOf("/", mark + GRAFT.length);
    const [graft, rest] = end < 0 ? [pointer, ""] : [pointer.slice(0, end), pointer.slice(end)];
    return follow(grafts.get(graft), rest);
  }

  function at(pointer: string): Place | undefined {
    const known = places.get(pointer);
    if (known) return known;
    const schema = found(pointer);
    if (!isSchema(schema)) return undefined;
    const place = { schema, pointer };
    places.set(pointer, place);
    return place;
  }

  function baseOf(pointer: string): { pointer: string; id: string } {
    const within = bases.filter((base) => pointer === base.pointer || pointer.startsWith(`${base.pointer}/`));
    return within.toSorted((a, b) => b.pointer.length - a.pointer.length)[0] ?? { pointer: "", id: "" };
  }

  return {
    root: at("")!,
    child: (parent, ...path) => at(parent.pointer + path.map((step) => `/${escapeStep(String(step))}`).join("")),
    graft(parent, keyword, reading, schema) {
      const pointer = `${parent.pointer}/${escapeStep(keyword)}${GRAFT}${reading}`;
      grafts.set(pointer, schema);
      return at(pointer)!;
    },
    resolve(from, reference) {
      const base = baseOf(from.pointer);
      const [address = "", fragment = ""] = reference.split("#", 2);
      const target = address === "" ? base : bases.find(({ id }) => id === absolute(address, base.id));
      const pointer = target && pointerOf(target, decodeURIComponent(fragment));
      const place = pointer === undefined ? undefined : at(pointer);
      if (place) return place;
      throw new ReferenceError(`${reference} leads nowhere within this document`);
    },
  };

  function pointerOf(target: { pointer: string; id: string }, fragment: string): string | undefined {
    if (fragment === "" || fragment.startsWith("/")) return target.pointer + fragment;
    return anchors.get(`${target.id}#${fragment}`);
  }
}

/** Begins the step of a pointer that leads into a graft: no name is written so. */
export const GRAFT = "/~=";

/** Keywords whose value is data, not a schema. */
const DATA = new Set(["const", "enum", "default", "examples", "example"]);

function index(
  value: unknown,
  pointer: string,
  base: string,
  anchors: Map<string, string>,
  bases: { pointer: string; id: string }[],
): void {
  if (typeof value !== "object" || value === null) return;
  const fields = value as Record<string, unknown>;
  let id = base;
  const own = fields["$id"] ?? (pointer === "" || "type" in fields || "$schema" in fields ? fields["id"] : undefined);
  if (typeof own === "string" && own.startsWith("#")) anchors.set(`${base}${own}`, pointer);
  else if (pointer === "" || (typeof own === "string" && typeof fields["$ref"] !== "string")) {
    id = typeof own === "string" ? absolute(own, base) : base;
    bases.push({ pointer, id });
  }
  for (const word of ["$anchor", "$dynamicAnchor"])
    if (typeof fields[word] === "string") anchors.set(`${id}#${fields[word]}`, pointer);
  for (const [key, child] of Object.entries(fields))
    if (!DATA.has(key)) index(child, `${pointer}/${escapeStep(key)}`, id, anchors, bases);
}

function absolute(address: string, base: string): string {
  const whole = URL.canParse(address, base || "schema:///") ? new URL(address, base || "schema:///").href : address;
  return whole.replace(/#$/, "");
}

function follow(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined;
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const escapeStep = (step: string) => step.replaceAll("~", "~0").replaceAll("/", "~1");

export function isSchema(value: unknown): value is Schema {
  return typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value));
}
