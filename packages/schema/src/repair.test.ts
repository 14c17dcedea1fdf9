import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Mend, repair } from "./repair.ts";

const CASES: readonly [said: string, text: string, value: unknown, ...mended: Mend[]][] = [
  ["JSON is read as it stands", ' {"a": [1, -2.5e3, null]} ', { a: [1, -2500, null] }],
  ["a code block", 'Sure!\n```json\n{"a": 1}\n```\nAnything else?', { a: 1 }, "took the value out of a code block"],
  ["a code block without its end", "```\n[1, 2]", [1, 2], "took the value out of a code block"],
  ["a text in a code block", '```json\n"a"\n```', "a", "took the value out of a code block"],
  ["words around", 'As {you} asked: {"a": 1}. Is that all [it is]?', { a: 1 }, "left out the words around the value"],
  ["comments", '{"a": 1, // one\n /* two */ "b": 2 # and\n}', { a: 1, b: 2 }, "left out a comment"],
  ["commas at the end", '{"a": [1, 2,], }', { a: [1, 2] }, "left out a comma too many"],
  ["commas left out", '{"a": "x"\n"b": [1 2]}', { a: "x", b: [1, 2] }, "put in a comma"],
  ["bare names", "{a: 1, b_c: 2}", { a: 1, b_c: 2 }, "put quotes around a name"],
  ["single quotes", "{'a': 'it\\'s \"so\"'}", { a: 'it\'s "so"' }, "put other quotes around a text"],
  ["an apostrophe in single quotes", "['it's']", ["it's"], "put other quotes around a text", "escaped a character within a text"], // prettier-ignore
  ["typographic quotes", "{“a”: “b”}", { a: "b" }, "put other quotes around a text"],
  ["quotes within a text", '{"a": "say "hi" to her"}', { a: 'say "hi" to her' }, "escaped a character within a text"],
  ["line breaks within a text", '{"a": "one\ntwo"}', { a: "one\ntwo" }, "escaped a character within a text"],
  ["escapes that JSON has not", '{"a": "\\d+ \\u00e9 \\n"}', { a: "\\d+ é \n" }, "escaped a character within a text"],
  ["Python's constants", "{\"a\": True, 'b': None}", { a: true, b: null }, "wrote a constant as JSON does", "put other quotes around a text"], // prettier-ignore
  ["a missing end", '{"a": {"b": [1, "tw', { a: { b: [1, "tw"] } }, "closed what was left open"],
  ["a missing value", '{"a": 1, "b": ', { a: 1 }, "closed what was left open"],
  ["a missing half of a name", '{"a": 1, "b', { a: 1 }, "closed what was left open"],
  ["a missing half of a constant", "[true, fal", [true], "closed what was left open"],
  ["a name that objects inherit", '{"__proto__": {"x": 1},}', JSON.parse('{"__proto__": {"x": 1}}'), "left out a comma too many"], // prettier-ignore
];

for (const [said, text, value, ...mended] of CASES)
  test(`${said}: read, and said what was mended`, () => {
    deepEqual(repair(text), { value, mended });
  });

test("what cannot be made sense of stays unread", () => {
  for (const text of [
    "",
    "I cannot help with that.",
    "{curly}",
    "{1: 2}",
    '{"a": one two}',
    "[1}",
    '{"a" 1}',
    "0x1F",
    "[NaN]",
  ])
    // prettier-ignore
    equal(repair(text), undefined, text);
});

test("text made to be hard to read takes no longer than its length asks for", () => {
  for (const text of [
    "[".repeat(200_000),
    "{a:".repeat(200_000),
    `"${"'\\".repeat(200_000)}`,
    "[1, ".repeat(190) + "/*".repeat(200_000),
  ])
    // prettier-ignore
    repair(text);
  equal(repair("[".repeat(200_000)), undefined);
});
