import type { Alternative, Json } from "./shape.ts";

/** A schema that is no boolean. */
export type Keywords = { readonly [keyword: string]: unknown };

/** What `const` and `enum` leave; `undefined` where neither is there. */
export function valuesOf(schema: Keywords): readonly Json[] | undefined {
  if ("const" in schema) {
    const only = schema["const"] as Json;
    const listed = schema["enum"] as Json[] | undefined;
    const fits = !Array.isArray(listed) || listed.some((value) => JSON.stringify(value) === JSON.stringify(only));
    return fits ? [only] : [];
  }
  return Array.isArray(schema["enum"]) ? (schema["enum"] as Json[]) : undefined;
}

/** These values and no others. */
export function exactly(values: readonly Json[]): readonly Alternative[] {
  const strings = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number");
  const booleans = values.filter((value) => typeof value === "boolean");
  const list: Alternative[] = values.filter((value) => !isScalar(value)).map((value) => ({ type: "exact", value }));
  if (values.includes(null)) list.push({ type: "null" });
  if (booleans.length > 0) list.push({ type: "boolean", values: [...new Set(booleans)] });
  if (numbers.length > 0) list.push({ type: "number", integer: false, values: numbers, origins: [] });
  if (strings.length > 0)
    list.push({ type: "string", minLength: 0, maxLength: Infinity, languages: [], values: strings, origins: [] });
  return list;
}

const isScalar = (value: Json): boolean => typeof value !== "object" || value === null;

export function isObject(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
