import { nearest } from "./nearest.ts";
import { describe, isPlainObject } from "./plain-data.ts";

/** A value somewhere in the configuration, and where to report what is wrong with it. */
export interface Place {
  value: unknown;
  /** Such as `routes.fast[1]`; "" for the whole. */
  path: string;
  problems: string[];
}

/** The keys of an input type, checked against it by the compiler. */
export const keysOf = <T>(keys: Record<keyof Required<T>, true>) => Object.keys(keys);

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export function at(place: Place, key: string | number): Place {
  const value = (place.value as Record<string | number, unknown>)[key];
  const step = typeof key === "number" ? `[${key}]` : IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  return { value, path: place.path === "" ? step.replace(/^\./, "") : place.path + step, problems: place.problems };
}

export function report(place: Place, problem: string): undefined {
  place.problems.push(place.path === "" ? problem : `${place.path}: ${problem}`);
}

/** Reports what was expected and what was found. Returns `undefined`, so that a reader can end with it. */
export function expected(place: Place, what: string): undefined {
  return report(place, `expected ${what}, got ${describe(place.value)}`);
}

/** An object with no other keys than these. Returns whether it is one. */
export function isObjectOf(place: Place, keys: readonly string[], what = "an object"): boolean {
  if (!isPlainObject(place.value)) return expected(place, what) ?? false;
  for (const key of Object.keys(place.value)) {
    if (keys.includes(key)) continue;
    const meant = nearest(key, keys);
    report(place, `unknown key \`${key}\`; ${meant ? `did you mean \`${meant}\`?` : `known are ${keys.join(", ")}`}`);
  }
  return true;
}

/** Every entry of an object of named things, read by `read`; names that are not one and entries that are not read are left out. */
export function entriesOf<T>(
  place: Place,
  name: { test: RegExp; what: string },
  read: (entry: Place, name: string) => T | undefined,
): Record<string, T> {
  if (place.value === undefined) return {};
  if (!isPlainObject(place.value)) return expected(place, "an object") ?? {};
  const entries: [string, T][] = [];
  for (const key of Object.keys(place.value)) {
    const entry = at(place, key);
    if (!name.test.test(key)) report(entry, `the name is not ${name.what}`);
    const value = entry.value === undefined ? undefined : read(entry, key);
    if (value !== undefined) entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

/** Every item of a list, read by `read`; `undefined` is an empty list. */
export function itemsOf<T>(place: Place, what: string, read: (item: Place) => T | undefined): T[] {
  if (place.value === undefined) return [];
  if (!Array.isArray(place.value)) return expected(place, what) ?? [];
  return place.value.map((_, i) => read(at(place, i))).filter((item) => item !== undefined);
}

export function stringAt(place: Place, what = "a string"): string | undefined {
  return typeof place.value === "string" ? place.value : expected(place, what);
}

export function numberAt(
  place: Place,
  range: { min: number; max: number; integer?: boolean },
  what: string,
): number | undefined {
  const { value } = place;
  const fits =
    typeof value === "number" &&
    value >= range.min &&
    value <= range.max &&
    (!range.integer || Number.isInteger(value));
  return fits ? value : expected(place, what);
}
