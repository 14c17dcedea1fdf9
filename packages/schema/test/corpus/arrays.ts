//+ [] ["a","b"]
//- [1] "a"
export type Words = string[];
//+ [] [1]
//- ["a"]
export type Generic = Array<number>;
//+ [] ["a"]
//- [1]
export type Fixed = readonly string[];
//+ [1]
//- ["a"]
export type FixedGeneric = ReadonlyArray<number>;
//+ [[1],[2,3]]
//- [1]
export type Matrix = number[][];
//+ ["a",1]
//- ["a"] [1,"a"] ["a",1,2]
export type Pair = [string, number];
//+ ["a"] ["a",1]
//- [] ["a",1,2]
export type OptionalLast = [string, number?];
//+ ["a"] ["a",1,2,3]
//- [] ["a","b"]
export type RestOf = [string, ...number[]];
//+ []
//- [1]
export type NoElements = [];
//+ [1,2] ["a"]
//- [true]
export type Either = (number | string)[];
//+ [1,2]
//- [1,"a"]
export type NumbersOrWords = number[] | string[];
//+ [{"x":1,"y":2}]
//- [{"x":1}]
export type Points = { x: number; y: number }[];
//+ [3,4]
//- [3]
export type Labelled = [x: number, y: number];
//+ [1,"a"]
//- ["a",1]
export type ReadonlyPair = readonly [number, string];
//+ [null,1]
//- ["a"]
export type Gaps = (number | null)[];
//+ [["a",1],["b",2]]
//- [["a"]]
export type Entries = [string, number][];
//+ ["x",true] ["x",false]
//- ["x"]
export type Concatenated = [...["x"], boolean];
const SIZES = ["s", "m", "l"] as const;
//+ "s" "m" "l"
//- "xl"
export type Size = (typeof SIZES)[number];
//+ ["s","m","l"]
//- ["s"]
export type AllSizes = typeof SIZES;
//+ 2
//- 3
export type LengthOfPair = Pair["length"];
//+ "a"
//- 1
export type FirstOfPair = Pair[0];
//+ ["a","b"]
//- ["a"] ["a","b","c"] [1,2]
export type Two = string[] & { length: 2 };
//+ ["a"]
//- "a" [1] {}
export type BrandedArray = string[] & { readonly __brand: "sorted" };
