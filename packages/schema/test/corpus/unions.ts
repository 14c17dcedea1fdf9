interface Circle {
  kind: "circle";
  radius: number;
}
interface Square {
  kind: "square";
  side: number;
}
//+ {"kind":"circle","radius":1} {"kind":"square","side":2}
//- {"kind":"circle","side":1} {"kind":"triangle"} {"kind":"circle"}
export type Shape = Circle | Square;
//+ [{"kind":"circle","radius":1},{"kind":"square","side":2}]
//- [{"kind":"circle"}]
export type Shapes = Shape[];
//+ {"shape":null} {"shape":{"kind":"square","side":1}}
//- {"shape":{"kind":"square"}}
export interface MaybeShape {
  shape: Shape | null;
}
//+ {"ok":true,"value":1} {"ok":false,"error":"x"}
//- {"ok":true,"error":"x"} {"ok":false}
export type Outcome = { ok: true; value: number } | { ok: false; error: string };
//+ "a" {"a":1} [1]
//- 1 {"a":"x"} ["x"]
export type Anyhow = string | { a: number } | number[];
//+ {"a":1} {"b":"x"}
//- {"a":"x"} {}
export type OneOrOther = { a: number } | { b: string };
//+ {"version":1,"x":1} {"version":2,"y":"z"}
//- {"version":2,"x":1} {"version":3}
export type Versions = { version: 1; x: number } | { version: 2; y: string };
//+ "x" 1 null {"n":1} ["y"]
//- {"n":"1"} [1]
export type Wide = string | number | null | { n: number } | string[];
//+ {"kind":"circle","radius":1,"name":"c"} {"kind":"square","side":1,"name":"s"}
//- {"kind":"circle","radius":1}
export type NamedShape = Shape & { name: string };
//+ "circle" "square"
//- "triangle"
export type Kinds = Shape["kind"];
//+ {"kind":"square","side":1}
//- {"kind":"circle","radius":1}
export type OnlySquare = Extract<Shape, { kind: "square" }>;
//+ {"kind":"circle","radius":1}
//- {"kind":"square","side":1}
export type NotSquare = Exclude<Shape, { kind: "square" }>;
//+ "b" "c"
//- "a"
export type Remaining = Exclude<"a" | "b" | "c", "a">;
//+ 1 "one"
//- 2 "two" null
export type Present = NonNullable<1 | "one" | null | undefined>;
//+ {"a":"x"} {"a":1}
//- {"a":null} {}
export interface UnionProperty {
  a: string | number;
}
//+ {"t":"a"} {"t":"b","n":1} {"t":"b"}
//- {"t":"a","n":1} {"t":"c"}
export type OptionalBranch = { t: "a" } | { t: "b"; n?: number };
//+ "1" 1
//- "2" 2
export type SameLook = 1 | "1";
type Late = "b" | "a";
//+ "z" "b" "a" 3 -1 null ["x"] {"o":1}
//- "c" [1] {"o":2} -2
export type Assorted = "z" | Late | 3 | -1 | { o: 1 } | null | string[];
