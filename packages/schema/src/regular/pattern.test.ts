import assert from "node:assert/strict";
import { test } from "node:test";
import { automaton, type State } from "./automaton.ts";
import { has } from "./characters.ts";
import { accepts, both, not } from "./language.ts";
import { patternLanguage, PatternError } from "./pattern.ts";

const PATTERNS = ["", "a", "^a", "a$", "^$", "^a|b$", "(a|b)*c", "^(?:ab?){2,3}$", "[^a-c]", "^[\\w-]+$", "\\d{2,}", "^\\s?x", "^.{2}$", "a.b", "^(a|^b)c", "(^|,)x(,|$)", "^(?!ab)[abc]+$", "^(?=.*\\d)[a-z\\d]+$", "^a(?!b)", "\\.", "^\\u0041\\x42$", "^\\p{Lu}", "^[\\]\\-x]+$", "^(?<year>\\d+)$", "a+?b", "^[\\s\\S]$"]; // prettier-ignore
const PROBES = ["", "a", "b", "ab", "abab", "ababa", "abc", "ac", "bc", "c", "x", ",x", "x,y", "y,x", "1", "12", "a1", "1a", "ab1", "A", "AB", "É", "é", " x", "\nx", "a\nb", "\n", "🐢", "a🐢b", "-", "]-x", "a-b", "aab", ".", "abd", "\u2028"]; // prettier-ignore

test("a pattern means what the engine's own regular expressions mean", () => {
  for (const pattern of PATTERNS) {
    const language = patternLanguage(pattern);
    const engine = new RegExp(pattern, "u");
    for (const probe of PROBES)
      assert.equal(accepts(language, probe), engine.test(probe), `/${pattern}/ on ${JSON.stringify(probe)}`);
  }
});

test("an automaton accepts what its language does, also of intersections and complements", () => {
  for (const left of PATTERNS)
    for (const right of ["^[a-c]*$", "b"]) {
      const language = both(patternLanguage(left), not(patternLanguage(right)));
      const states = automaton(language, 500)!;
      for (const probe of PROBES)
        assert.equal(runs(states, probe), accepts(language, probe), `${left} without ${right}`);
    }
});

function runs(states: readonly State[], text: string): boolean {
  let at: number | undefined = states.length > 0 ? 0 : undefined;
  for (const char of text) {
    if (at === undefined) return false;
    at = states[at]!.moves.find(({ on }) => has(on, char.codePointAt(0)!))?.to;
  }
  return at !== undefined && states[at]!.accepting;
}

test("what is no regular language, or would need a look back, is refused", () => {
  for (const pattern of ["(a)\\1", "(?<=a)b", "\\bword\\b", "a^b", "(a$)+", "[z-a]", "(a", "a)", "(x(?=y))z", "*"])
    assert.throws(() => patternLanguage(pattern), PatternError, pattern);
});

test("an automaton that grows too large is given up in time", () => {
  assert.equal(automaton(both(patternLanguage("(a|b)*a(a|b){30}$"), patternLanguage("^[ab]*$")), 2000), undefined);
});
