/** What stands for a value that is not plain data, on its way out of the evaluating process. */
interface Stand {
  [MARK]: "regexp" | "other";
}

export interface PlainRegExp extends Stand {
  source: string;
  flags: string;
}

interface Other extends Stand {
  /** What it was, such as "a function". */
  what: string;
}

const MARK = "flywheel:not-plain";
const MAX_DEPTH = 32;

/** A copy that survives JSON: regular expressions by source, anything else that is not plain by what it is. */
export function toPlain(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean" || value === undefined) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : other(String(value));
  if (typeof value !== "object") return other(`a ${typeof value}`);
  if (depth > MAX_DEPTH) return other("something that goes on without end");
  if (value instanceof RegExp)
    return { [MARK]: "regexp", source: value.source, flags: value.flags } satisfies PlainRegExp;
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => toPlain(item, depth + 1) ?? null);
  if (![null, Object.prototype].includes(Object.getPrototypeOf(value))) return other(`a ${value.constructor?.name}`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item, depth + 1)]));
}

const other = (what: string): Other => ({ [MARK]: "other", what: what.replace(/^a (?=[aeiou])/i, "an ") });

export function isPlainRegExp(value: unknown): value is PlainRegExp {
  return isStandIn(value) && value[MARK] === "regexp";
}

/** Whether this stands for something that is not plain data. */
export function isStandIn(value: unknown): value is Stand {
  return typeof value === "object" && value !== null && MARK in value;
}

/** A plain object; not an array, and not a stand-in. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isStandIn(value);
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (isPlainRegExp(value)) return `/${value.source}/${value.flags}`;
  if (isStandIn(value)) return (value as Other).what;
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
