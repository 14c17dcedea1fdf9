type IsText<T> = T extends string ? "text" : "other";
//+ "text"
//- "other"
export type OfText = IsText<"a">;
//+ "text" "other"
//- "a"
export type Distributed = IsText<"a" | 1>;
type Element<T> = T extends (infer E)[] ? E : never;
//+ 1
//- "1"
export type ElementOf = Element<number[]>;
type Unwrap<T> = T extends Promise<infer U> ? Unwrap<U> : T;
//+ "a"
//- 1
export type Unwrapped = Unwrap<Promise<Promise<string>>>;
type Flatten<T> = T extends (infer E)[] ? Flatten<E> : T;
//+ 1
//- [1]
export type Flat = Flatten<number[][][]>;
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
//+ 1 "a" [1,[null]] {"a":{"b":[true]}}
export type AnyJson = Json;
type Split<S extends string> = S extends `${infer Head}.${infer Tail}` ? [Head, ...Split<Tail>] : [S];
//+ ["a","b","c"]
//- ["a.b.c"] ["a","b"]
export type Parts = Split<"a.b.c">;
type Last<T extends unknown[]> = T extends [...unknown[], infer L] ? L : never;
//+ "z"
//- "a"
export type LastOf = Last<["a", "z"]>;
type Rename<T, From extends keyof T, To extends string> = { [K in keyof T as K extends From ? To : K]: T[K] };
//+ {"title":"a","n":1}
//- {"name":"a","n":1}
export type Renamed = Rename<{ name: string; n: number }, "name", "title">;
type Writable<T> = { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K] };
//+ {"a":1}
//- {}
export type DataOnly = Writable<{ a: number; run(): void }>;
type Repeat<T, N extends number, R extends T[] = []> = R["length"] extends N ? R : Repeat<T, N, [...R, T]>;
//+ [1,2,3]
//- [1,2]
export type ThreeNumbers = Repeat<number, 3>;
type Discriminate<T, K extends PropertyKey> = T extends { kind: K } ? T : never;
//+ {"kind":"b","y":1}
//- {"kind":"a","x":1}
export type OnlyB = Discriminate<{ kind: "a"; x: number } | { kind: "b"; y: number }, "b">;
type Paths<T> = { [K in keyof T & string]: T[K] extends object ? `${K}.${Paths<T[K]>}` : K }[keyof T & string];
//+ "a" "b.c"
//- "b" "c"
export type AllPaths = Paths<{ a: number; b: { c: string } }>;
