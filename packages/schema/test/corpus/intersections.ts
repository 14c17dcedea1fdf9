interface Id {
  id: string;
}
interface Times {
  created: number;
  updated?: number;
}
//+ {"id":"a","created":1} {"id":"a","created":1,"updated":2}
//- {"id":"a"} {"created":1}
export type Both = Id & Times;
//+ {"id":"a","created":1,"name":"x"}
//- {"id":"a","created":1}
export type BothAndMore = Id & Times & { name: string };
//+ "u_1"
//- 1 {}
export type UserId = string & { readonly __brand: "UserId" };
declare const brand: unique symbol;
//+ 5
//- "5"
export type Cents = number & { readonly [brand]: "cents" };
//+ {"id":"u_1","price":5}
//- {"id":1,"price":5}
export interface Branded {
  id: UserId;
  price: Cents;
}
//+ {"a":"x"}
//- {"a":"y"}
export type Tightened = { a: string } & { a: "x" };
//+ {"id":"a","x":1} {"id":"a","y":1}
//- {"id":"a"} {"x":1}
export type AndEither = Id & ({ x: number } | { y: number });
//+ {"id":"a","k":"v"}
//- {"id":"a","k":1}
export type AndOpen = Id & Record<string, string>;
//+ {"a":{"b":1,"c":2}}
//- {"a":{"b":1}}
export type DeepBoth = { a: { b: number } } & { a: { c: number } };
//+ {"id":"x"}
//- {}
export type WithEmpty = Id & {};
//+ "a"
//- "b" "c"
export type Common = ("a" | "b") & ("a" | "c");
//+ {"id":"a","label":"x"}
//- {"id":"a"}
export type OmittedAnd = Omit<Id & { old: number }, "old"> & { label: string };
