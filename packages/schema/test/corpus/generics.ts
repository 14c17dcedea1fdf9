interface Customer {
  name: string;
}
interface Page<Item> {
  items: Item[];
  next: string | null;
}
//+ {"items":[{"name":"a"}],"next":null}
//- {"items":["a"],"next":null} {"items":[]}
export type Customers = Page<Customer>;
//+ {"items":[1],"next":"x"}
//- {"items":["1"],"next":"x"}
export type Numbers = Page<number>;
//+ {"items":[{"items":[1],"next":null}],"next":null}
//- {"items":[[1]],"next":null}
export type Pages = Page<Page<number>>;
//+ {"a":{"items":[],"next":null},"b":{"items":[{"name":"x"}],"next":null}}
//- {"a":{"items":[],"next":null},"b":{"items":[1],"next":null}}
export interface TwoPages {
  a: Page<number>;
  b: Page<Customer>;
}
type Result<Value, Problem = string> = { ok: true; value: Value } | { ok: false; problem: Problem };
//+ {"ok":true,"value":1} {"ok":false,"problem":"x"}
//- {"ok":true,"value":"x"} {"ok":false,"problem":1}
export type NumberResult = Result<number>;
//+ {"ok":false,"problem":{"code":1}}
//- {"ok":false,"problem":"x"}
export type CodedResult = Result<number, { code: number }>;
type Box<T extends string | number = "x"> = { value: T };
//+ {"value":"x"}
//- {"value":"y"}
export type DefaultBox = Box;
//+ {"value":4}
//- {"value":"4"}
export type NumberBox = Box<number>;
type Keys<T> = keyof T;
//+ "name"
//- "other"
export type CustomerKey = Keys<Customer>;
type Field<T, K extends keyof T> = T[K];
//+ "a"
//- 1
export type CustomerName = Field<Customer, "name">;
interface Tree<T> {
  value: T;
  children: Tree<T>[];
}
//+ {"value":1,"children":[{"value":2,"children":[]}]}
//- {"value":1,"children":[{"value":"2","children":[]}]}
export type NumberTree = Tree<number>;
//+ {"value":"a","children":[]}
//- {"value":1,"children":[]}
export type WordTree = Tree<string>;
class Holder<T> {
  held!: T;
}
//+ {"held":"a"}
//- {"held":1}
export type HoldsText = Holder<string>;
type Pairs<A, B> = [A, B][];
//+ [["a",1]]
//- [[1,"a"]]
export type TextNumberPairs = Pairs<string, number>;
type Maybe<T> = T | null;
//+ null {"name":"a"}
//- "a"
export type MaybeCustomer = Maybe<Customer>;
//+ {"x":null} {"x":{"name":"a"}}
//- {"x":{}}
export interface HasMaybe {
  x: Maybe<Customer>;
}
function lookup(id: string, limit = 10): { id: string; found: boolean }[] {
  return [{ id, found: limit > 0 }];
}
async function load(): Promise<{ total: number }> {
  return { total: 1 };
}
//+ [{"id":"a","found":true}]
//- [{"id":"a"}]
export type Looked = ReturnType<typeof lookup>;
//+ {"total":1}
//- {"total":"1"}
export type Loaded = Awaited<ReturnType<typeof load>>;
//+ ["a"] ["a",5]
//- [5] []
export type LookupParameters = Parameters<typeof lookup>;
const SETTINGS = { theme: "dark", size: 3, tags: ["a"] };
//+ {"theme":"light","size":1,"tags":[]}
//- {"theme":"light","size":"1","tags":[]}
export type Settings = typeof SETTINGS;
const FROZEN = { theme: "dark", size: 3 } as const;
//+ {"theme":"dark","size":3}
//- {"theme":"light","size":3}
export type Frozen = typeof FROZEN;
//+ "dark" 3
//- "theme"
export type FrozenValue = (typeof FROZEN)[keyof typeof FROZEN];
