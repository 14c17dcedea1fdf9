//+ {"name":"a"}
//- {} {"name":1} {"name":"a","more":1} []
export interface Named {
  name: string;
}
//+ {"a":"x"} {"a":"x","b":1}
//- {"b":1} {"a":"x","b":"1"}
export interface Partly {
  a: string;
  b?: number;
}
//+ {} {"a":1}
//- {"a":null}
export interface AllOptional {
  a?: number;
}
//+ {"a":1} {"a":null}
//- {}
export interface Nullable {
  a: number | null;
}
//+ {} {"a":1}
//- {"a":"1"}
export interface OrUndefined {
  a: number | undefined;
}
//+ {} {"a":null} {"a":1}
//- {"a":"1"}
export interface OptionalNullable {
  a?: number | null;
}
//+ {"a":{"b":{"c":1}}}
//- {"a":{"b":{}}} {"a":{"b":{"c":1},"d":1}}
export interface Nested {
  a: { b: { c: number } };
}
//+ {"a-b":1,"c d":2,"1":3}
//- {"a-b":1,"c d":2}
export interface OddNames {
  "a-b": number;
  "c d": number;
  1: number;
}
//+ {"constructor":2,"toString":"x"}
//- {"constructor":"x","toString":"x"}
export type Inherited = { constructor: number; toString: string };
//+ {"id":"a","name":"b"}
//- {"name":"b"} {"id":"a"}
export interface Extends extends Named {
  id: string;
}
//+ {"name":"a","a":"x","c":true}
//- {"name":"a","a":"x"}
export interface ExtendsTwo extends Named, Partly {
  c: boolean;
}
//+ {"name":"a"}
//- {"name":"b"}
export interface Narrows extends Named {
  name: "a";
}
//+ {"a":1}
//- {"a":"x"}
export interface ReadOnly {
  readonly a: number;
}
//+ {} {"a":1,"b":2}
//- {"a":"x"} []
export type Counts = Record<string, number>;
//+ {"a":1,"b":2}
//- {"a":1} {"a":1,"b":2,"c":3}
export type ExactCounts = Record<"a" | "b", number>;
//+ {"x":{"y":1}}
//- {"x":{"y":"1"}}
export type Deep = Record<string, Record<string, number>>;
//+ {"id":1,"extra":2}
//- {"extra":2} {"id":1,"extra":"x"}
export interface OpenNumbers {
  id: number;
  [name: string]: number;
}
//+ {"1":"a","20":"b"}
//- {"1":1}
export interface ByNumber {
  [index: number]: string;
}
//+ {"data-a":"x"}
//- {"data-a":1}
export interface DataAttributes {
  [name: `data-${string}`]: string;
}
//+ {"anything":[1,{}]}
//- 1
export type Bag = Record<string, unknown>;
//+ {}
//- {"a":1}
export type Empty = Record<string, never>;
//+ {"a":1}
//- {"a":1,"b":2}
export interface Forbidden {
  a: number;
  b?: never;
}
//+ {"a":[{"b":1}]}
//- {"a":[{"b":"1"}]}
export interface ObjectsInArray {
  a: { b: number }[];
}
//+ {"first":{"city":"x"},"second":{"city":"y"}}
//- {"first":{"city":"x"},"second":{}}
export interface SharedPart {
  first: Place;
  second: Place;
}
interface Place {
  city: string;
}
//+ {"a":1,"b":"x"}
//- {"a":1}
export interface Merged {
  a: number;
}
export interface Merged {
  b: string;
}
//+ {"size":3,"unit":"px"}
//- {"size":3,"unit":"em"}
export class Box {
  size = 1;
  unit: "px" | "pt" = "px";
}
//+ {} {"a":1,"1":2}
//- {"a":"x"} {"1":"x"}
export type WithoutOne = Omit<{ a: 1; [key: string]: number }, "a">;
