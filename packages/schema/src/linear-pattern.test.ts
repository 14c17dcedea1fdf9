import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { isLinear, textTest } from "./linear-pattern.ts";
import { validator } from "./validate.ts";

test("a pattern that a backtracking engine never ends with is tested at once", () => {
  for (const source of ["^(a+)+$", "^(a|a)*b*$", "(x+x+)+y", "^([a-z]+)*@$"]) {
    equal(isLinear(source), true, source);
    equal(textTest(source).test(`${"ax".repeat(5000)}!`), false, source);
  }
  const check = validator({ items: { pattern: "^(\\w+\\s?)*$" }, prefixItems: [{ pattern: "^(\\d+\\s?)*$" }] });
  deepEqual(check(["12 ".repeat(2000), "word ".repeat(2000)]), []);
  deepEqual(check(["word".repeat(2000), `${"word".repeat(2000)}!`]), [
    { path: "/0", message: 'must match pattern "^(\\d+\\s?)*$"' },
    { path: "/1", message: 'must match pattern "^(\\w+\\s?)*$"' },
  ]);
});

test("a pattern means what the engine's own means", () => {
  const sources = ["a+b*", "^a{2,3}$|b+c+", "[^a-c]+\\d*x", "^\\p{Lu}+\\s*$", "(ab)*(cd)+$", "^.{2}.*$"];
  const texts = ["", "a", "aa", "aab", "bcc", "xx", "d9x", "ÄÖ ", "abcd", "cdcd\n", "😀😀", "😀", "a\nb"];
  for (const source of sources)
    for (const text of texts)
      equal(textTest(source).test(text), new RegExp(source, "u").test(text), `${source} ${JSON.stringify(text)}`);
});

test("what is no regular language is left to the engine, and what is no pattern is refused", () => {
  equal(isLinear("^(a+)+\\1$"), false);
  equal(textTest("^(a+)b+\\1$").test("aabaa"), true);
  throws(() => textTest("(a+b+"), SyntaxError);
});
