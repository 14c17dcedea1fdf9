//+ {"n":1} {"n":10}
//- {"n":0} {"n":11}
export interface Bounds {
  /**
   * @minimum 1
   * @maximum 10
   */
  n: number;
}
//+ {"n":0.5}
//- {"n":0} {"n":1}
export interface Open {
  /**
   * @exclusiveMinimum 0
   * @exclusiveMaximum 1
   */
  n: number;
}
//+ {"n":4}
//- {"n":4.5}
export interface Whole {
  /** @integer */
  n: number;
}
//+ {"n":15}
//- {"n":16}
export interface Multiple {
  /** @multipleOf 5 */
  n: number;
}
//+ {"s":"ab"}
//- {"s":"a"} {"s":"abcd"}
export interface Lengths {
  /**
   * @minLength 2
   * @maxLength 3
   */
  s: string;
}
//+ {"s":"a@b.co"}
//- {"s":"nobody"}
export interface Formatted {
  /** @format email */
  s: string;
}
//+ {"s":"2026-01-31"}
//- {"s":"2026-02-31"} {"s":"soon"}
export interface Dated {
  /** @format date */
  s: string;
}
//+ {"s":"A1"}
//- {"s":"1A"}
export interface Patterned {
  /** @pattern ^[A-Z][0-9]$ */
  s: string;
}
//+ {"a":["x"]}
//- {"a":[]} {"a":["x","y","z"]}
export interface Several {
  /**
   * @minItems 1
   * @maxItems 2
   */
  a: string[];
}
//+ {"a":[1,2]}
//- {"a":[1,1]}
export interface Distinct {
  /** @uniqueItems */
  a: number[];
}
//+ {"n":null} {"n":2}
//- {"n":0}
export interface BoundedOrNull {
  /** @minimum 1 */
  n: number | null;
}
//+ {} {"s":"abc"}
//- {"s":"a"}
export interface OptionalBounded {
  /** @minLength 2 */
  s?: string;
}
//+ {"s":"x"}
//- {"s":1}
export interface Described {
  /**
   * What it is.
   *
   * @default "x"
   * @example "y"
   * @deprecated
   */
  s: string;
}
/** A mail address.
 * @format email */
type Email = string;
/** @minimum 0 */
type Amount = number;
//+ {"to":"a@b.co","cc":["c@d.co"],"bcc":null,"paid":[0]}
//- {"to":"nobody","cc":[],"bcc":null,"paid":[]} {"to":"a@b.co","cc":["nobody"],"bcc":null,"paid":[]} {"to":"a@b.co","cc":[],"bcc":"nobody","paid":[]} {"to":"a@b.co","cc":[],"bcc":null,"paid":[-1]}
export interface Addressed {
  to: Email;
  cc: Email[];
  bcc: Email | null;
  paid: readonly Amount[];
}
//+ {"k":3}
//- {"k":2}
// prettier-ignore
export interface Beside { /** @minimum 3 */ k: number }
//+ {"n":null,"m":"auto"} {"n":2,"m":3}
//- {"n":2.5,"m":3} {"n":2,"m":3.5}
export interface WholeOrNot {
  /** @integer */
  n: number | null;
  /** @integer */
  m: number | "auto";
}
//+ {"n":true}
//- {"n":5}
export type FlagsOfBounds = { [K in keyof Bounds]: boolean };
//+ {"id":"a-7"}
//- {"id":"a-x"} {"id":"b-7"}
export interface TwicePatterned {
  /** @pattern [0-9]$ */
  id: `a-${string}`;
}
