//! `__proto__`
export type Prototype = { ["__proto__"]: number };
//! `any` says nothing
export type Whatever = { a: any };
//! a function
export type Callback = { run: () => void };
//! a method
export interface Service {
  name: string;
  start(): void;
}
//! a function
export type JustFunction = (a: string) => number;
//! a function
export type Constructor = new () => { a: 1 };
//! `bigint`
export type Big = { n: bigint };
//! `bigint`
export type BigLiteral = { n: 5n };
//! a symbol
export type Sym = { s: symbol };
//! `Map`
export type Mapping = { m: Map<string, number> };
//! `Set`
export type Group = { s: Set<string> };
//! `Promise`
export type Later = Promise<string>;
//! `RegExp`
export type Expression = { r: RegExp };
//! `URL`
export type Link = { u: URL };
//! `Uint8Array`
export type Bytes = { b: Uint8Array };
//! `undefined`
export type Missing = { u: undefined };
//! `never`
export type Impossible = never;
//! `never`
export type Contradiction = { a: string & number };
//! too deep or too large
export type Endless = Grow<1>;
type Grow<T> = { value: T; next: Grow<T[]> };
//! needs a number
export interface BadTag {
  /** @minimum lots */
  n: number;
}
//! says nothing of such a value
export interface Misplaced {
  /** @minLength 2 */
  n: number;
}
//! Invalid regular expression
export interface BadPattern {
  /** @pattern ( */
  s: string;
}
//! a rest element before its end
export type Middle = [string, ...number[], boolean];
//! a method
export class Account {
  balance = 0;
  pay(amount: number): void {
    this.balance -= amount;
  }
}
//! a function
export interface Mixed {
  ok: string;
  nested: { callbacks: (() => void)[] };
}
//! known only when the code runs
export enum Computed {
  A = "x".length,
}
//! a private member
export class Hidden {
  shown = 1;
  private hidden = 2;
}
//! a private member
export class Locked {
  shown = 1;
  #hidden = 2;
}
//! `HTMLElement`
export type Page = { element: HTMLElement };
//! `Iterable`
export type Walk = { of: Iterable<string> };
//! `String`
export type Boxed = { s: String };
//! `Float32Array`
export type Vector = { v: Float32Array };
//! `Intl`|`NumberFormat`
export type Formatting = { f: Intl.NumberFormat };
