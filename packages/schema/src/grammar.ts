import { type Characters, complement, has, intersection, isEmpty } from "./regular/characters.ts";

/** What a rule of a grammar says. Made by the functions below. */
export type Expression =
  | { kind: "text"; text: string }
  | { kind: "one"; of: Characters }
  | { kind: "sequence"; of: readonly Expression[] }
  | { kind: "either"; of: readonly Expression[] }
  | { kind: "repeat"; of: Expression; least: number; most: number }
  | { kind: "rule"; name: string };

/** Nothing can be written. */
export const FAIL: Expression = { kind: "either", of: [] };
/** Nothing need be written. */
export const BLANK: Expression = { kind: "text", text: "" };

export const text = (content: string): Expression => ({ kind: "text", text: content });
export function one(of: Characters): Expression {
  if (isEmpty(of)) return FAIL;
  const [first, last] = of[0]!;
  return of.length === 1 && first === last ? text(String.fromCodePoint(first)) : { kind: "one", of };
}
export const rule = (name: string): Expression => ({ kind: "rule", name });

export function sequence(...parts: Expression[]): Expression {
  const flat: Expression[] = [];
  for (const part of parts.flatMap((each) => (each.kind === "sequence" ? each.of : [each]))) {
    const last = flat.at(-1);
    if (part.kind === "text" && part.text === "") continue;
    if (part.kind === "text" && last?.kind === "text") flat[flat.length - 1] = text(last.text + part.text);
    else flat.push(part);
  }
  if (flat.some(fails)) return FAIL;
  return flat.length < 2 ? (flat[0] ?? BLANK) : { kind: "sequence", of: flat };
}

export function either(...parts: Expression[]): Expression {
  const flat = parts.flatMap((each) => (each.kind === "either" ? each.of : [each]));
  const distinct = [...new Map(flat.map((each) => [JSON.stringify(each), each])).values()];
  return distinct.length === 1 ? distinct[0]! : { kind: "either", of: distinct };
}

export function repeat(of: Expression, least: number, most: number): Expression {
  if (least > most) return FAIL;
  if (most === 0 || (of.kind === "text" && of.text === "")) return BLANK;
  if (fails(of)) return least === 0 ? BLANK : FAIL;
  return least === 1 && most === 1 ? of : { kind: "repeat", of, least, most };
}

export const maybe = (of: Expression): Expression => repeat(of, 0, 1);

export const fails = (of: Expression): boolean => of.kind === "either" && of.of.length === 0;

/** Rules by name; `root` is the start. */
export type Grammar = ReadonlyMap<string, Expression>;

/**
 * The same grammar without what can never come to an end, or is never reached. An empty map where nothing is left: then
 * there is no text at all.
 */
export function pruned(grammar: Grammar): Grammar {
  const ending = endingRules(grammar);
  const kept = new Map<string, Expression>();
  const queue = ending.has("root") ? ["root"] : [];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (kept.has(name)) continue;
    const expression = without(grammar.get(name)!, ending);
    kept.set(name, expression);
    queue.push(...rulesIn(expression));
  }
  return new Map([...grammar.keys()].filter((name) => kept.has(name)).map((name) => [name, kept.get(name)!]));
}

/** Rules from which some text can be completed: a least fixed point, worked off from those that name no others. */
function endingRules(grammar: Grammar): Set<string> {
  const users = new Map<string, string[]>();
  for (const [name, expression] of grammar)
    for (const used of rulesIn(expression)) {
      const list = users.get(used);
      if (list) list.push(name);
      else users.set(used, [name]);
    }
  const ending = new Set<string>();
  const queue = [...grammar.keys()];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (ending.has(name) || !canEnd(grammar.get(name)!, ending)) continue;
    ending.add(name);
    queue.push(...(users.get(name) ?? []));
  }
  return ending;
}

function canEnd(of: Expression, ending: ReadonlySet<string>): boolean {
  if (of.kind === "rule") return ending.has(of.name);
  if (of.kind === "sequence") return of.of.every((part) => canEnd(part, ending));
  if (of.kind === "either") return of.of.some((part) => canEnd(part, ending));
  if (of.kind === "repeat") return of.least === 0 || canEnd(of.of, ending);
  return true;
}

function without(of: Expression, ending: ReadonlySet<string>): Expression {
  if (of.kind === "rule") return ending.has(of.name) ? of : FAIL;
  if (of.kind === "sequence") return sequence(...of.of.map((part) => without(part, ending)));
  if (of.kind === "either") return either(...of.of.map((part) => without(part, ending)).filter((part) => !fails(part)));
  if (of.kind === "repeat") return repeat(without(of.of, ending), of.least, of.most);
  return of;
}

function rulesIn(of: Expression): string[] {
  if (of.kind === "rule") return [of.name];
  if (of.kind === "sequence" || of.kind === "either") return of.of.flatMap(rulesIn);
  return of.kind === "repeat" ? rulesIn(of.of) : [];
}

/** The grammar in GBNF, the notation of llama.cpp (its `grammars/README.md`). */
export function toGbnf(grammar: Grammar): string {
  return [...grammar].map(([name, expression]) => `${name} ::= ${print(expression, 0)}\n`).join("");
}

/** @param depth 0 where alternatives may stand, 1 within a sequence, 2 before a count */
function print(of: Expression, depth: number): string {
  switch (of.kind) {
    case "text":
      return quoted(of.text);
    case "one":
      return classOf(of.of);
    case "rule":
      return of.name;
    case "sequence":
      return grouped(of.of.map((part) => print(part, 1)).join(" "), depth > 1);
    case "either":
      return grouped(of.of.map((part) => print(part, 0)).join(" | "), depth > 0);
    case "repeat":
      return grouped(print(of.of, 2) + countOf(of.least, of.most), depth > 1);
  }
}

const grouped = (content: string, needed: boolean) => (needed ? `(${content})` : content);

function countOf(least: number, most: number): string {
  if (most === Infinity) return least === 0 ? "*" : least === 1 ? "+" : `{${least},}`;
  if (least === 0 && most === 1) return "?";
  return least === most ? `{${least}}` : `{${least},${most}}`;
}

function quoted(content: string): string {
  return `"${Array.from(content, (char) => (char === '"' || char === "\\" ? `\\${char}` : escaped(char))).join("")}"`;
}

function classOf(set: Characters): string {
  const inverse = complement(set);
  const [shown, sign] = has(set, 0x10_ffff) && inverse.length > 0 ? [inverse, "^"] : [set, ""];
  return `[${sign}${shown.map(([first, last]) => (first === last ? member(first) : `${member(first)}-${member(last)}`)).join("")}]`;
}

function member(code: number): string {
  const char = String.fromCodePoint(code);
  return /[\w ]/.test(char) ? char : numbered(code);
}

function escaped(char: string): string {
  const code = char.codePointAt(0)!;
  return code < 0x20 || code === 0x7f ? numbered(code) : char;
}

function numbered(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x1_0000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

const SHORT = new Map([[0x08, "b"], [0x09, "t"], [0x0a, "n"], [0x0c, "f"], [0x0d, "r"]]); // prettier-ignore
const PLAIN = complement([[0, 0x1f], [0x22, 0x22], [0x5c, 0x5c]]); // prettier-ignore

const ESCAPED = complement(PLAIN);

/**
 * One character of a set, as `JSON.stringify` writes it within a string.
 * @param everyEscape stands for any escaped character, so that it need not be spelt out each time
 */
export function jsonCharacter(set: Characters, everyEscape: () => Expression): Expression {
  const written = one(intersection(set, PLAIN));
  if (isEmpty(intersection(ESCAPED, complement(set))))
    return either(...(fails(written) ? [] : [written]), everyEscape());
  const escapes: Expression[] = [];
  if (has(set, 0x22)) escapes.push(text('\\"'));
  if (has(set, 0x5c)) escapes.push(text("\\\\"));
  for (const [first, last] of intersection(set, [[0, 0x1f]]))
    for (let code = first; code <= last; code++)
      escapes.push(text(`\\${SHORT.get(code) ?? `u${code.toString(16).padStart(4, "0")}`}`));
  return either(...(fails(written) ? [] : [written]), ...escapes);
}
