import { ANY, type Characters, complement, has, isEmpty, refine } from "./characters.ts";

/**
 * A regular language of Unicode texts. Made by the functions below only, which keep equal languages in one form often
 * enough for derivatives to come to an end; `key` is the same for the same form.
 *
 * After Brzozowski, "Derivatives of regular expressions" (1964), with the divisions of the alphabet of Owens, Reppy and
 * Turon, "Regular-expression derivatives re-examined" (2009). Intersection and complement cost nothing extra this way.
 */
export type Language = { readonly key: string; readonly nullable: boolean } & (
  | { readonly kind: "characters"; readonly set: Characters }
  | { readonly kind: "empty" }
  | { readonly kind: "sequence"; readonly first: Language; readonly rest: Language }
  | { readonly kind: "repeat"; readonly of: Language; readonly least: number; readonly most: number }
  | { readonly kind: "either"; readonly of: readonly Language[] }
  | { readonly kind: "both"; readonly of: readonly Language[] }
  | { readonly kind: "not"; readonly of: Language }
  | { readonly kind: "multiple"; readonly divisor: number; readonly rest: number }
);

/** No text at all. */
export const NONE: Language = { kind: "characters", set: [], key: "∅", nullable: false };
/** The empty text. */
export const EMPTY: Language = { kind: "empty", key: "ε", nullable: true };

const interned = new Map<string, Characters>();

export function characters(set: Characters): Language {
  if (isEmpty(set)) return NONE;
  const key = `[${set.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join()}]`;
  if (!interned.has(key)) interned.set(key, set);
  return { kind: "characters", set: interned.get(key)!, key, nullable: false };
}

export const ANY_CHARACTER = characters(ANY);

export function literal(text: string): Language {
  return sequence(...Array.from(text, (char) => characters([[char.codePointAt(0)!, char.codePointAt(0)!]])));
}

export function sequence(...parts: Language[]): Language {
  return parts.reduceRight((rest, first) => pair(first, rest), EMPTY);
}

function pair(first: Language, rest: Language): Language {
  if (first === NONE || rest === NONE) return NONE;
  if (first === EMPTY) return rest;
  if (rest === EMPTY) return first;
  if (first.kind === "sequence") return pair(first.first, pair(first.rest, rest));
  return { kind: "sequence", first, rest, key: `(${first.key}${rest.key})`, nullable: first.nullable && rest.nullable };
}

/** @param most `Infinity` for no limit */
export function repeat(of: Language, least: number, most: number): Language {
  if (most === 0 || of === EMPTY) return EMPTY;
  if (of === NONE) return least === 0 ? EMPTY : NONE;
  if (least === 1 && most === 1) return of;
  if (most === Infinity && of.kind === "repeat" && of.most === Infinity && of.least <= 1)
    return repeat(of.of, least === 0 || of.least === 0 ? 0 : least, Infinity);
  const nullable = least === 0 || of.nullable;
  return { kind: "repeat", of, least, most, key: `${of.key}{${least},${most}}`, nullable };
}

export const many = (of: Language): Language => repeat(of, 0, Infinity);
export const maybe = (of: Language): Language => repeat(of, 0, 1);

/** Every text. */
export const EVERYTHING = many(ANY_CHARACTER);

export function either(...parts: Language[]): Language {
  const flat = byKey(
    parts.flatMap((part) => (part.kind === "either" ? part.of : [part])).filter((part) => part !== NONE),
  );
  if (flat.some((part) => part.key === EVERYTHING.key)) return EVERYTHING;
  if (flat.length < 2) return flat[0] ?? NONE;
  return { kind: "either", of: flat, key: `(${flat.map(({ key }) => key).join("|")})`, nullable: flat.some(({ nullable }) => nullable) }; // prettier-ignore
}

export function both(...parts: Language[]): Language {
  const flat = byKey(parts.flatMap((part) => (part.kind === "both" ? part.of : [part])).filter((part) => part.key !== EVERYTHING.key)); // prettier-ignore
  if (flat.some((part) => part === NONE)) return NONE;
  if (flat.length < 2) return flat[0] ?? EVERYTHING;
  return { kind: "both", of: flat, key: `(${flat.map(({ key }) => key).join("&")})`, nullable: flat.every(({ nullable }) => nullable) }; // prettier-ignore
}

export function not(of: Language): Language {
  if (of.kind === "not") return of.of;
  if (of === NONE) return EVERYTHING;
  if (of.key === EVERYTHING.key) return NONE;
  return { kind: "not", of, key: `!${of.key}`, nullable: !of.nullable };
}

/** Digits, after an optional minus, that write a multiple of a positive whole number. */
export function multipleOf(divisor: number, rest = 0): Language {
  return { kind: "multiple", divisor, rest, key: `%${divisor}=${rest}`, nullable: rest === 0 };
}

function byKey(parts: readonly Language[]): Language[] {
  return [...new Map(parts.map((part) => [part.key, part])).values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** What may follow after a text of this language has begun with the character. */
export function derivative(language: Language, code: number): Language {
  switch (language.kind) {
    case "empty":
      return NONE;
    case "characters":
      return has(language.set, code) ? EMPTY : NONE;
    case "sequence": {
      const after = pair(derivative(language.first, code), language.rest);
      return language.first.nullable ? either(after, derivative(language.rest, code)) : after;
    }
    case "repeat": {
      const { of, least, most } = language;
      return pair(derivative(of, code), repeat(of, Math.max(0, least - 1), most - 1));
    }
    case "either":
      return either(...language.of.map((part) => derivative(part, code)));
    case "both":
      return both(...language.of.map((part) => derivative(part, code)));
    case "not":
      return not(derivative(language.of, code));
    case "multiple": {
      const digit = code - 0x30;
      if (digit >= 0 && digit <= 9)
        return multipleOf(language.divisor, (language.rest * 10 + digit) % language.divisor);
      return code === 0x2d ? language : NONE;
    }
  }
}

/** A division of all characters: within each part every character has the same derivative. */
export function alphabet(language: Language): Characters[] {
  switch (language.kind) {
    case "empty":
      return [ANY];
    case "characters":
      return [language.set, complement(language.set)].filter((set) => !isEmpty(set));
    case "sequence":
      return language.first.nullable
        ? refine(alphabet(language.first), alphabet(language.rest))
        : alphabet(language.first);
    case "repeat":
    case "not":
      return alphabet(language.of);
    case "either":
    case "both":
      return language.of.map(alphabet).reduce(refine);
    case "multiple":
      return DIGITS;
  }
}

const DIGITS = [..."0123456789-"].map((char): Characters => [[char.charCodeAt(0), char.charCodeAt(0)]]);
DIGITS.push(complement(DIGITS.flat().toSorted((a, b) => a[0] - b[0])));

/** Whether the language is written without intersection and complement, so that a grammar can say it as it is. */
export function isPlain(language: Language): boolean {
  switch (language.kind) {
    case "empty":
    case "characters":
      return true;
    case "sequence":
      return isPlain(language.first) && isPlain(language.rest);
    case "repeat":
      return isPlain(language.of);
    case "either":
      return language.of.every(isPlain);
    default:
      return false;
  }
}

export function accepts(language: Language, text: string): boolean {
  let left = language;
  for (const char of text) {
    left = derivative(left, char.codePointAt(0)!);
    if (left === NONE) return false;
  }
  return left.nullable;
}
