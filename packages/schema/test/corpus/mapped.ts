interface Person {
  name: string;
  age: number;
  email?: string;
}
//+ {} {"name":"a"}
//- {"name":1}
export type Draft = Partial<Person>;
//+ {"name":"a","age":1,"email":"x"}
//- {"name":"a","age":1}
export type Complete = Required<Person>;
//+ {"name":"a"}
//- {"name":"a","age":1}
export type NameOnly = Pick<Person, "name">;
//+ {"name":"a"} {"name":"a","email":"x"}
//- {"name":"a","age":1}
export type Ageless = Omit<Person, "age">;
//+ {"name":"a","age":1}
//- {"name":"a"}
export type Frozen = Readonly<Person>;
//+ {"name":true,"age":false} {"name":true,"age":false,"email":true}
//- {"name":"a","age":1}
export type Touched = { [K in keyof Person]: boolean };
//+ {"name":null,"age":1}
//- {"name":1,"age":1}
export type Nulls = { [K in keyof Person]: Person[K] | null };
//+ {"getName":"a","getAge":1}
//- {"name":"a","age":1}
export type Getters = { [K in "name" | "age" as `get${Capitalize<K>}`]: Person[K] };
//+ {"name":"a"}
//- {"name":"a","age":1}
export type OnlyText = { [K in keyof Person as Person[K] extends string ? K : never]: Person[K] };
//+ {"a":1,"b":2}
//- {"a":1}
export type FromUnion = { [K in "a" | "b"]: number };
//+ {"a":"a","b":"b"}
//- {"a":"b","b":"a"}
export type Selves = { [K in "a" | "b"]: K };
//+ {"name":"a","age":1,"email":"x"}
//- {"name":"a","age":1}
export type Minus = { [K in keyof Person]-?: Person[K] };
type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;
//+ {} {"a":{}} {"a":{"b":1}}
//- {"a":{"b":"x"}}
export type DeepDraft = DeepPartial<{ a: { b: number; c: string } }>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
//+ {"x":1}
//- {"x":"1"}
export type MutablePoint = Mutable<{ readonly x: number }>;
//+ {"small":{"width":1},"large":{"width":2}}
//- {"small":{"width":1}}
export type Sizes = Record<"small" | "large", { width: number }>;
//+ {"on_a":1,"on_b":2}
//- {"a":1,"b":2}
export type Prefixed = { [K in "a" | "b" as `on_${K}`]: number };
type Flags<T> = { [K in keyof T]: boolean };
//+ [true,false]
//- [1,2]
export type MappedTuple = Flags<[1, 2]>;
//+ [true]
//- [1]
export type MappedArray = Flags<number[]>;
type Merge<A, B> = Omit<A, keyof B> & B;
//+ {"name":"a","age":"old"}
//- {"name":"a","age":1}
export type Overridden = Merge<Person, { age: "old" }>;
