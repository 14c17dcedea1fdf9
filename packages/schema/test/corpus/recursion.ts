//+ {"name":"a","children":[{"name":"b","children":[]}]}
//- {"name":"a","children":[{"name":1,"children":[]}]}
export interface Folder {
  name: string;
  children: Folder[];
}
//+ {"value":1,"next":{"value":2,"next":null}}
//- {"value":1,"next":{"value":"2","next":null}}
export interface List {
  value: number;
  next: List | null;
}
//+ {"a":{"b":{"a":{}}}} {}
//- {"a":{"b":{"a":1}}}
export interface Ping {
  a?: Pong;
}
interface Pong {
  b?: Ping;
}
//+ 1 [1,[2,[3]]]
//- "1" [["1"]]
export type NestedNumbers = number | NestedNumbers[];
//+ {"op":"and","parts":[{"op":"is","field":"a"}]} {"op":"is","field":"a"}
//- {"op":"and","parts":[{"op":"is"}]}
export type Filter = { op: "and"; parts: Filter[] } | { op: "is"; field: string };
//+ {"x":{"x":{}}} {}
//- {"x":1}
export type Chain = { [key: string]: Chain };
//+ {"root":{"left":null,"right":null},"size":1}
//- {"root":{"left":{},"right":null},"size":1}
export interface Binary {
  root: BinaryNode;
  size: number;
}
interface BinaryNode {
  left: BinaryNode | null;
  right: BinaryNode | null;
}
//+ ["a"] ["a",["b"]]
//- [["a"]]
export type TupleChain = [string, TupleChain?];
//+ {"id":"1","replies":[{"id":"2","replies":[],"by":{"name":"x","posts":[]}}]}
//- {"id":"1","replies":[{"id":"2"}]}
export interface Post {
  id: string;
  by?: Author;
  replies: Post[];
}
interface Author {
  name: string;
  posts: Post[];
}
//+ "a" {"either":["a",{"not":"b"}]}
//- {"either":"a"} 1
export type Query = string | { not: Query } | { either: Query[] };
