/** Why a grammar cannot be used, and where in it. */
export class GrammarError extends Error {
  constructor(reason: string, text: string, at: number) {
    const before = text.slice(0, at).split("\n");
    super(`line ${before.length}, column ${before.at(-1)!.length + 1}: ${reason}`);
  }
}

/**
 * llama.cpp ends the process over groups nested some ten thousand deep and over `{3,2}`, and takes seconds for each token
 * after `"a"?` said a few hundred times over.
 */
export const MOST = { depth: 200, repeats: 2000, repeated: 4, elements: 1_000_000, optional: 40 };
const LAST_CHARACTER = 0x10ffff;
const ESCAPED: Record<string, string> = {
  t: "\t",
  r: "\r",
  n: "\n",
  "\\": "\\",
  '"': '"',
  "[": "[",
  "]": "]",
  "-": "-",
};
const HEX: Record<string, number> = { x: 2, u: 4, U: 8 };

export type Part =
  | { kind: "text"; size: number }
  | { kind: "rule"; name: string; at: number }
  | { kind: "choice"; of: Sequence[] }
  | { kind: "times"; part: Part; least: number; most: number };

export interface Sequence {
  parts: Part[];
  at: number;
}

export interface Grammar {
  rules: Map<string, Sequence[]>;
  /** Groups' too. */
  sequences: Sequence[];
  mentions: { name: string; at: number }[];
}

/**
 * Reads GBNF, as llama.cpp's `grammars/README.md` describes it.
 * @throws {GrammarError}
 */
export function readGrammar(text: string): Grammar {
  const grammar: Grammar = { rules: new Map(), sequences: [], mentions: [] };
  let at = 0;
  let depth = 0;
  let elements = 0;

  const fail = (reason: string, where = at): never => {
    throw new GrammarError(reason, text, where);
  };
  const expect = (mark: string) => {
    if (!text.startsWith(mark, at)) fail(`\`${mark}\` is expected${at < text.length ? "" : " before the end"}`);
    at += mark.length;
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };
  const space = (lines: boolean) => void match(lines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y);
  const grow = (size: number) => {
    elements += size;
    if (elements > MOST.elements) fail("the grammar is too large, written out");
  };

  function rule(): void {
    const name = match(/[A-Za-z0-9-]+/y) || fail("the name of a rule is expected: letters, digits and `-`");
    space(false);
    expect("::=");
    space(true);
    grammar.rules.set(name, choice(false));
    if (at < text.length && match(/\r\n?|\n/y) === "") fail("the end of the line is expected");
    space(true);
  }

  function choice(nested: boolean): Sequence[] {
    const found = [sequence(nested)];
    while (text[at] === "|") {
      at++;
      space(true);
      found.push(sequence(nested));
    }
    return found;
  }

  function sequence(nested: boolean): Sequence {
    const made: Sequence = { parts: [], at };
    grammar.sequences.push(made);
    for (let next = part(); next; next = part()) {
      space(nested);
      for (let bounds = repeats(nested), times = 1; bounds; bounds = repeats(nested), times++) {
        if (times > MOST.repeated) fail("what is repeated is repeated, over and over");
        next = { kind: "times", part: next, ...bounds };
        grow(sizeOf(next));
        space(nested);
      }
      grow(sizeOf(next));
      made.parts.push(next);
    }
    if (/[*+?{]/.test(text[at] ?? "")) fail(`there is nothing before \`${text[at]}\` to repeat`);
    return made;
  }

  function part(): Part | undefined {
    const first = text[at] ?? "";
    if (first === '"') return literal();
    if (first === "[") return characterClass();
    if (first === "(") return group();
    if (first === "<" || first === "!") return token();
    const start = at;
    if (match(/\./y) !== "") return { kind: "text", size: 1 };
    const name = match(/[A-Za-z0-9-]+/y);
    if (name === "") return undefined;
    grammar.mentions.push({ name, at: start });
    return { kind: "rule", name, at: start };
  }

  function literal(): Part {
    const start = at++;
    let size = 0;
    for (; text[at] !== '"'; size++) character(start);
    at++;
    return { kind: "text", size };
  }

  function characterClass(): Part {
    const start = at++;
    const negated = text[at] === "^";
    if (negated) at++;
    const ranges: [number, number][] = [];
    while (text[at] !== "]") {
      const low = character(start);
      if (text[at] !== "-" || text[at + 1] === "]") {
        ranges.push([low, low]);
        continue;
      }
      at++;
      ranges.push([low, character(start)]);
    }
    at++;
    const none = negated ? coverAll(ranges) : ranges.every(([low, high]) => low > high);
    if (none) fail(`\`${text.slice(start, at)}\` admits no character`, start);
    return { kind: "text", size: 2 * ranges.length };
  }

  /** Reads one, escaped or not. `start` is where what it stands in was opened. */
  function character(start: number): number {
    const found = text.codePointAt(at) ?? fail(`\`${text[start]}\` is not closed`, start);
    const escape = text[at + 1] ?? "";
    if (found !== 0x5c) {
      at += found > 0xffff ? 2 : 1;
      return found;
    }
    const digits = HEX[escape];
    if (digits === undefined) {
      const plain =
        ESCAPED[escape] ?? fail(`\`\\${escape}\` is no escape: they are \\n \\r \\t \\" \\\\ \\[ \\] \\- \\x \\u \\U`);
      at += 2;
      return plain.charCodeAt(0);
    }
    const hex = text.slice(at + 2, at + 2 + digits);
    if (hex.length < digits || /[^0-9a-fA-F]/.test(hex)) fail(`\`\\${escape}\` needs ${digits} hexadecimal digits`);
    at += 2 + digits;
    return parseInt(hex, 16);
  }

  function group(): Part {
    const start = at++;
    if (++depth > MOST.depth) fail(`groups are nested more than ${MOST.depth} deep`);
    space(true);
    const of = choice(true);
    if (text[at] !== ")")
      fail(at < text.length ? "`)` is expected" : "`(` is not closed", at < text.length ? at : start);
    at++;
    depth--;
    return { kind: "choice", of };
  }

  /** A token by its number or its text: whether there is one is llama.cpp's to know. */
  function token(): Part {
    if (match(/!?<[^>]*>/y) === "") fail("a token is written `<text>` or `<[number]>`");
    return { kind: "text", size: 1 };
  }

  function repeats(nested: boolean): { least: number; most: number } | undefined {
    const start = at;
    const mark = match(/[*+?{]/y);
    if (mark === "") return undefined;
    if (mark === "?") return { least: 0, most: 1 };
    if (mark !== "{") return { least: mark === "+" ? 1 : 0, most: Infinity };
    space(nested);
    const least = Number(match(/[0-9]+/y) || fail("a number is expected"));
    space(nested);
    let most = least;
    if (text[at] === ",") {
      at++;
      space(nested);
      most = Number(match(/[0-9]+/y) || Infinity);
      space(nested);
    }
    expect("}");
    if (most < least) fail(`at least ${least} and at most ${most} is impossible`, start);
    if (least > MOST.repeats) fail(`nothing can be repeated more than ${MOST.repeats} times`, start);
    return { least, most };
  }

  for (space(true); at < text.length;) rule();
  return grammar;
}

function coverAll(ranges: [number, number][]): boolean {
  let from = 0;
  for (const [low, high] of ranges.toSorted(([a], [b]) => a - b)) if (low <= from && high >= from) from = high + 1;
  return from > LAST_CHARACTER;
}

/** Elements that llama.cpp makes of it. A group is a rule of its own, counted where it is read. */
function sizeOf(part: Part): number {
  if (part.kind === "text") return part.size;
  return part.kind === "times" ? sizeOf(part.part) * copies(part) : 1;
}

export const copies = ({ least, most }: { least: number; most: number }) =>
  most === Infinity || most > MOST.repeats ? least + 1 : most;
