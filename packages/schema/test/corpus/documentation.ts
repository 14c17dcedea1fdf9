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
