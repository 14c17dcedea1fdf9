import type { Lowerer, Part, Piece } from "./lower.ts";
import { parsed } from "./lower.ts";
import { Facets } from "./scalars.ts";

/** What a schema says of the items: those with schemas of their own, and the rest. */
interface Items {
  prefix: readonly (readonly Part[] | false)[];
  /** `false`: there are none. */
  rest: readonly Part[] | false;
  least: number;
  most: number;
}

export function lowerArray(lowerer: Lowerer, parts: readonly Part[]): Piece | undefined {
  const items = itemsOf(lowerer, parts);
  const facets = new Facets(lowerer, parts);
  for (const keyword of ["uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems"])
    facets.onlySay(keyword);
  for (const keyword of ["items", "prefixItems", "additionalItems"]) facets.note(keyword, "enforced");
  return items.prefix.length === 0 ? lowerList(lowerer, facets, items) : lowerTuple(lowerer, facets, items);
}

function itemsOf({ part }: Lowerer, parts: readonly Part[]): Items {
  const prefixes: (Part | false)[][] = [];
  const rests: (Part | false)[] = [];
  for (const { fields, pointer } of parts) {
    const old = Array.isArray(fields["items"]);
    const [prefix, rest] = old ? ["items", "additionalItems"] : ["prefixItems", "items"];
    const list = fields[prefix];
    if (Array.isArray(list)) for (const i of list.keys()) (prefixes[i] ??= []).push(part(`${pointer}/${prefix}/${i}`));
    if (fields[rest] !== undefined) rests.push(part(`${pointer}/${rest}`));
  }
  const bounds = (keyword: string) => parts.flatMap(({ fields }) => (typeof fields[keyword] === "number" ? [fields[keyword]] : [])); // prettier-ignore
  const together = (list: readonly (Part | false)[]) =>
    list.some((each) => each === false) ? false : (list as Part[]);
  return {
    prefix: prefixes.map(together),
    rest: together(rests),
    least: Math.max(0, ...bounds("minItems")),
    most: Math.min(Infinity, ...bounds("maxItems")),
  };
}

const EMPTY: Piece = { schema: { type: "string", enum: ["[]"] }, lift: parsed };

function lowerList(lowerer: Lowerer, facets: Facets, { rest, least, most }: Items): Piece | undefined {
  const item = rest === false || most === 0 ? undefined : lowerer.lower(rest);
  if (!item) return least > 0 ? undefined : EMPTY;
  const { mostMinItems = Infinity } = lowerer.rules;
  facets.add("maxItems", Math.min);
  facets.add("minItems", Math.max);
  if (least > mostMinItems) {
    facets.onlySay("minItems");
    facets.keep("minItems", mostMinItems);
  }
  const { lift } = item;
  return {
    schema: { type: "array", items: item.schema, ...facets.fields() },
    ...(lift && {
      lift: (value: unknown) => (value as unknown[]).map(lift),
      strip: { optional: new Set(), members: new Map(), items: item },
    }),
  };
}

/** With all of its first items, as an object where the target has no tuples: `0`, `1`, …, and `rest`. */
function lowerTuple(lowerer: Lowerer, facets: Facets, { prefix, rest, least, most }: Items): Piece | undefined {
  const own: Piece[] = [];
  for (const parts of prefix.slice(0, most)) {
    const piece = parts === false ? undefined : lowerer.lower(parts);
    if (!piece) break;
    own.push(piece);
  }
  if (own.length === 0) return least > 0 ? undefined : EMPTY;
  const whole = own.length === prefix.length;
  const others = whole && rest !== false && (rest.length > 0 || least > own.length) ? lowerer.lower(rest) : undefined;
  const [few, many] = [Math.max(0, least - own.length), most - own.length];
  if (few > 0 && (!others || few > many)) return undefined;
  for (const keyword of ["minItems", "maxItems"]) facets.note(keyword, "enforced");
  const list = others && many > 0 ? listOf(lowerer, facets, others, few, many) : undefined;
  if (lowerer.rules.tuples) return tuple(facets, own, list);
  const lift = (value: unknown): unknown[] => {
    const { rest: more = [], ...items } = value as Record<string, unknown>;
    const lifted = own.map((piece, i) => (piece.lift ?? same)(items[i]));
    return [...lifted, ...(more as unknown[]).map(others?.lift ?? same)];
  };
  const schemas: Record<string, unknown> = Object.fromEntries(own.map(({ schema }, i) => [String(i), schema]));
  if (list) schemas["rest"] = list.schema;
  const schema = { type: "object", properties: schemas, required: Object.keys(schemas), additionalProperties: false };
  return { schema: { ...schema, ...facets.fields() }, lift };
}

/** The rest of a tuple. */
interface List {
  schema: Record<string, unknown>;
  item: Piece;
  few: number;
  many: number;
}

function tuple(facets: Facets, own: readonly Piece[], list: List | undefined): Piece {
  const least = own.length + (list?.few ?? 0);
  const most = own.length + (list?.many ?? 0);
  const schema = {
    type: "array",
    prefixItems: own.map((piece) => piece.schema),
    items: list ? list.item.schema : false,
    minItems: least,
    ...(most < Infinity && { maxItems: most }),
    ...facets.fields(),
  };
  const lifts = [...own.map(({ lift }) => lift), list?.item.lift];
  if (lifts.every((lift) => !lift)) return { schema };
  return { schema, lift: (value) => (value as unknown[]).map((item, i) => (lifts[Math.min(i, own.length)] ?? same)(item)) }; // prettier-ignore
}

function listOf({ rules }: Lowerer, facets: Facets, item: Piece, few: number, many: number): List {
  const { mostMinItems = Infinity } = rules;
  const counts = { ...(few > 0 && { minItems: few }), ...(many < Infinity && { maxItems: many }) };
  const kept = Object.entries(counts).filter(([keyword, count]) => rules.keywords.has(keyword) && (keyword !== "minItems" || count <= mostMinItems)); // prettier-ignore
  for (const keyword of Object.keys(counts)) if (!kept.some(([each]) => each === keyword)) facets.onlySay(keyword);
  return { schema: { type: "array", items: item.schema, ...Object.fromEntries(kept) }, item, few, many };
}

const same = (value: unknown) => value;
