import { type Expression, either, FAIL, jsonCharacter, one, repeat, sequence, text } from "./grammar.ts";
import { type Characters, charactersOf, complement, range, union } from "./regular/characters.ts";
import { automaton } from "./regular/automaton.ts";
import { accepts, ANY_CHARACTER, both, isPlain, type Language, repeat as repeated } from "./regular/language.ts";
import type { Report } from "./report.ts";
import type { StringShape } from "./shape.ts";

/** What can name a rule. The same key gives the same rule. */
export interface Rules {
  define(key: string, hint: string, make: () => Expression): Expression;
}

/** llama.cpp refuses larger counts: it writes a rule for each. */
export const LARGEST_COUNT = 1000;
const MOST_STATES = 4000;

/** One character of any JSON string (RFC 8259 §7). */
export function anyCharacter(rules: Rules): Expression {
  return rules.define("char", "char", () =>
    either(
      one(complement(union(charactersOf('"\\'), CONTROLS))),
      sequence(text("\\"), either(one(charactersOf('"\\/bfnrt')), sequence(text("u"), repeat(HEX, 4, 4)))),
    ),
  );
}

const CONTROLS: Characters = [[0, 0x1f]];
const HEX = one(union(range("0", "9"), range("A", "F"), range("a", "f")));

/** A quote, a backslash or a control character, as `JSON.stringify` writes it. */
const escape = (rules: Rules) => () =>
  rules.define("escape", "escape", () =>
    sequence(text("\\"), either(one(charactersOf('"\\bfnrt')), sequence(text("u00"), one(range("0", "1")), HEX))),
  );

/** The strings of a shape, with their quotes. What grows too large is left to validation, and the report says so. */
export function stringExpression(shape: StringShape, rules: Rules, report: Report): Expression {
  if (shape.values) return either(...shape.values.filter((value) => fits(shape, value)).map((value) => text(JSON.stringify(value)))); // prettier-ignore
  const { minLength: least, maxLength: most, languages } = shape;
  if (languages.length === 0)
    return sequence(text('"'), counted(anyCharacter(rules), least, most, shape, report), text('"'));
  const length = least === 0 && most === Infinity ? [] : [repeated(ANY_CHARACTER, least, most)];
  const whole = both(...languages.map(({ language }) => language), ...length);
  const exact = quotedLanguage(whole, rules);
  if (exact) return exact;
  for (const { path, keyword } of shape.origins)
    if (keyword === "minLength" || keyword === "maxLength")
      report.note(path, keyword, "checked afterwards", "together with the pattern it grows too large");
  const shorter =
    length.length > 0 ? quotedLanguage(both(...languages.map(({ language }) => language)), rules) : undefined;
  if (shorter) return shorter;
  for (const { origin } of languages.slice(1))
    report.note(origin.path, origin.keyword, "checked afterwards", "together with others it grows too large");
  const first = quotedLanguage(languages[0]!.language, rules);
  if (first) return first;
  const { path, keyword } = languages[0]!.origin;
  report.note(path, keyword, "checked afterwards", "it grows too large");
  return sequence(text('"'), repeat(anyCharacter(rules), 0, Infinity), text('"'));
}

function fits({ minLength, maxLength, languages }: StringShape, value: string): boolean {
  const length = Array.from(value).length;
  return length >= minLength && length <= maxLength && languages.every(({ language }) => accepts(language, value));
}

function counted(of: Expression, least: number, most: number, shape: StringShape, report: Report): Expression {
  const small = (count: number) => count <= LARGEST_COUNT || count === Infinity;
  for (const { path, keyword } of shape.origins)
    if ((keyword === "minLength" && !small(least)) || (keyword === "maxLength" && !small(most)))
      report.note(path, keyword, "checked afterwards", `a count above ${LARGEST_COUNT}`);
  return repeat(of, small(least) ? least : 0, small(most) ? most : Infinity);
}

/** Strings of a language, quoted; `undefined` where the automaton would be too large. */
export function quotedLanguage(language: Language, rules: Rules): Expression | undefined {
  const content = languageExpression(language, rules);
  return content && sequence(text('"'), content, text('"'));
}

/** The texts of a language as they stand within a JSON string; numbers look the same there as outside. */
export function languageExpression(language: Language, rules: Rules): Expression | undefined {
  if (isPlain(language) && !hasLargeCount(language)) return plain(language, rules);
  const states = automaton(language, MOST_STATES);
  if (!states) return undefined;
  if (states.length === 0) return FAIL;
  const keyOf = (state: number) => `${language.key} state ${state}`;
  const refer = (state: number): Expression =>
    rules.define(keyOf(state), "part", () => {
      const { accepting, moves } = states[state]!;
      const each = moves.map(({ on, to }) => sequence(jsonCharacter(on, escape(rules)), refer(to)));
      return either(...(accepting ? [text("")] : []), ...each);
    });
  return refer(0);
}

function plain(language: Language, rules: Rules): Expression {
  switch (language.kind) {
    case "empty":
      return text("");
    case "characters":
      return jsonCharacter(language.set, escape(rules));
    case "sequence":
      return sequence(plain(language.first, rules), plain(language.rest, rules));
    case "repeat":
      return repeat(plain(language.of, rules), language.least, language.most);
    case "either":
      return either(...language.of.map((part) => plain(part, rules)));
    default:
      throw new TypeError(`${language.kind} is not plain`);
  }
}

function hasLargeCount(language: Language): boolean {
  switch (language.kind) {
    case "repeat": {
      const { least, most } = language;
      return least > LARGEST_COUNT || (most !== Infinity && most > LARGEST_COUNT) || hasLargeCount(language.of);
    }
    case "sequence":
      return hasLargeCount(language.first) || hasLargeCount(language.rest);
    case "either":
      return language.of.some(hasLargeCount);
    default:
      return false;
  }
}
