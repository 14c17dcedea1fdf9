import type { Place } from "./documents.ts";
import type { Language } from "./regular/language.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Schemas that all hold for one value: what is allowed is allowed by each of them. Empty = anything. */
export type Node = readonly Place[];

/**
 * What a node allows, as alternatives, each of one JSON type. This is the closed form that everything else is made from:
 * references followed, `allOf` merged, `anyOf` multiplied out. The values within arrays and objects stay nodes, so that a
 * recursive schema has a finite form.
 */
export type Alternative =
  | { type: "null" }
  | { type: "boolean"; values: readonly boolean[] }
  | NumberShape
  | StringShape
  | ArrayShape
  | ObjectShape
  | { type: "exact"; value: Json };

/** Where a keyword stands, for the report. */
export interface Origin {
  path: string;
  keyword: string;
}

export interface NumberShape {
  type: "number";
  integer: boolean;
  /** No integers: what `not` before them leaves. */
  fractional?: boolean;
  least?: { value: number; exclusive: boolean };
  most?: { value: number; exclusive: boolean };
  multipleOf?: number;
  /** From `enum` and `const`. */
  values?: readonly number[];
  origins: readonly Origin[];
}

export interface StringShape {
  type: "string";
  minLength: number;
  maxLength: number;
  /** Every one of these holds. */
  languages: readonly { language: Language; origin: Origin }[];
  /** From `enum` and `const`. */
  values?: readonly string[];
  origins: readonly Origin[];
}

export interface ArrayShape {
  type: "array";
  minItems: number;
  maxItems: number;
  /** What each schema says of the items; all of them hold. */
  rules: readonly ItemRule[];
  contains: readonly ContainsRule[];
  origins: readonly Origin[];
}

/** So many of the items are as `hit` says. */
export interface ContainsRule {
  hit: Place;
  /** Exactly what is no hit; needed where there is a `most`. */
  other?: Place;
  least: number;
  most: number;
  origin: Origin;
}

export interface ItemRule {
  prefix: readonly Place[];
  /** Of the items after the prefix; absent = anything. */
  rest?: Place;
}

export interface ObjectShape {
  type: "object";
  required: readonly string[];
  minProperties: number;
  maxProperties: number;
  /** What each schema says of the properties; all of them hold. */
  rules: readonly PropertyRule[];
  /** Schemas of property names. */
  names: readonly Place[];
  /** `unevaluatedProperties`: of what no rule speaks of. */
  unevaluated?: Place;
  origins: readonly Origin[];
}

export interface PropertyRule {
  /** Whether the properties it names count as evaluated; what stands for `not` does not. */
  evaluates: boolean;
  properties: ReadonlyMap<string, Place>;
  patterns: readonly { language: Language; source: string; place: Place }[];
  /** Of everything else; absent = anything. */
  additional?: Place;
}
