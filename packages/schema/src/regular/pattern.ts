import { ANY, type Characters, charactersOf, complement, range, union } from "./characters.ts";
import { both, characters, either, EMPTY, EVERYTHING, type Language, not, repeat, sequence } from "./language.ts";

/** A regular expression that is no regular language, or is not understood. */
export class PatternError extends Error {}

/**
 * The language of an ECMAScript regular expression with the flag `u`, as JSON Schema uses it: a text is in it where the
 * expression matches anywhere. Anchors may stand at the ends only; a lookahead outside of groups only; there is no lookbehind, no
 * back-reference and no word boundary.
 *
 * @throws PatternError for what cannot be said
 */
export function patternLanguage(source: string): Language {
  const parser = new Parser(source);
  const alternatives = parser.alternatives();
  if (!parser.atEnd()) throw new PatternError(`unmatched ) in ${source}`);
  return either(...alternatives.map(unanchored));
}

/** One alternative, with the anchors at its ends taken off. */
interface Branch {
  start: boolean;
  end: boolean;
  body: Language;
}

function unanchored({ start, end, body }: Branch): Language {
  return sequence(...(start ? [] : [EVERYTHING]), body, ...(end ? [] : [EVERYTHING]));
}

const END: Branch = { start: false, end: true, body: EMPTY };

/** The rest of an expression, where the rest of the text must also be in a language. */
function seen({ start, end, body }: Branch, ahead: Language): Branch {
  return { start, end: true, body: both(end ? body : sequence(body, EVERYTHING), ahead) };
}

/** @throws PatternError where an anchor would stand within the text */
function joined(left: Branch, right: Branch): Branch {
  if ((right.start && left.body !== EMPTY) || (left.end && right.body !== EMPTY))
    throw new PatternError("an anchor in the middle");
  return { start: left.start || right.start, end: left.end || right.end, body: sequence(left.body, right.body) };
}

const DIGIT = range("0", "9");
const WORD = union(DIGIT, range("a", "z"), range("A", "Z"), charactersOf("_"));
const SPACE = union(
  charactersOf("\t\n\v\f\r \u00a0\ufeff\u1680\u2028\u2029\u202f\u205f\u3000"),
  range("\u2000", "\u200a"),
);
const LINE_ENDS = charactersOf("\n\r\u2028\u2029");
const CLASSES: Record<string, Characters> = {
  d: DIGIT,
  D: complement(DIGIT),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
};
const CONTROLS: Record<string, string> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", 0: "\0" };

class Parser {
  #chars: string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#chars = Array.from(source);
  }

  atEnd(): boolean {
    return this.#at >= this.#chars.length;
  }

  alternatives(): Branch[] {
    const branches = this.#branch();
    while (this.#take("|")) branches.push(...this.#branch());
    return branches;
  }

  /** Several where a group within brings anchors: `(^|,)a` is `^a` and `,a`. */
  #branch(): Branch[] {
    let branches: Branch[] = [{ start: this.#take("^"), end: false, body: EMPTY }];
    while (!this.atEnd() && this.#peek() !== "|" && this.#peek() !== ")") {
      const ahead = this.#lookahead();
      const next = ahead
        ? this.#branch().map((rest) => seen(rest, ahead))
        : this.#take("$")
          ? [END]
          : this.#quantified();
      branches = next.flatMap((right) => branches.map((left) => joined(left, right)));
    }
    return branches;
  }

  /** What the rest of the text must look like, where a lookahead stands here. */
  #lookahead(): Language | undefined {
    const sign = this.#chars.slice(this.#at, this.#at + 3).join("");
    if (sign !== "(?=" && sign !== "(?!") return undefined;
    // Within a group the rest of the text is more than the rest of the group.
    if (this.#depth > 0) throw new PatternError("lookahead within a group");
    this.#at += 3;
    this.#depth++;
    const inside = either(...this.alternatives().map(({ body, end }) => (end ? body : sequence(body, EVERYTHING))));
    this.#depth--;
    if (!this.#take(")")) throw new PatternError("unmatched (");
    return sign === "(?!" ? not(inside) : inside;
  }

  #quantified(): Branch[] {
    const atom = this.#take("(") ? this.#group() : [{ start: false, end: false, body: this.#atom() }];
    const counts = this.#counts();
    if (!counts) return atom;
    this.#take("?"); // lazy or greedy, the language is the same
    if (atom.some(({ start, end }) => start || end)) throw new PatternError("a repeated anchor");
    return [{ start: false, end: false, body: repeat(either(...atom.map(({ body }) => body)), ...counts) }];
  }

  #counts(): [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    const rest = this.#chars.slice(this.#at).join("");
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(rest);
    if (!braces) return undefined;
    this.#at += braces[0].length;
    const least = Number(braces[1]);
    return [least, braces[2] === undefined ? least : braces[3] ? Number(braces[3]) : Infinity];
  }

  #atom(): Language {
    const char = this.#next();
    if (char === "[") return characters(this.#class());
    if (char === ".") return characters(complement(LINE_ENDS));
    if (char === "\\") return characters(this.#escape());
    if (char === "^" || char === "*" || char === "+" || char === "?") throw new PatternError(`${char} in the middle`);
    return characters(charactersOf(char));
  }

  #group(): Branch[] {
    if (this.#take("?")) {
      if (this.#take("<") && !["=", "!"].includes(this.#peek())) while (this.#next() !== ">");
      else if (!this.#take(":")) throw new PatternError("lookaround");
    }
    this.#depth++;
    const branches = this.alternatives();
    this.#depth--;
    if (!this.#take(")")) throw new PatternError("unmatched (");
    if (branches.some(({ start, end }) => start || end)) return branches;
    return [{ start: false, end: false, body: either(...branches.map(({ body }) => body)) }];
  }

  #class(): Characters {
    const negated = this.#take("^");
    const parts: Characters[] = [];
    while (!this.#take("]")) {
      const from = this.#member();
      if (this.#peek() === "-" && this.#chars[this.#at + 1] !== "]") {
        this.#at++;
        parts.push(between(from, this.#member()));
      } else parts.push(from);
    }
    const set = union(...parts);
    return negated ? complement(set) : set;
  }

  #member(): Characters {
    const char = this.#next();
    if (char !== "\\") return charactersOf(char);
    if (this.#take("b")) return charactersOf("\b");
    if (this.#take("-")) return charactersOf("-");
    return this.#escape();
  }

  #escape(): Characters {
    const char = this.#next();
    if (CLASSES[char]) return CLASSES[char];
    if (CONTROLS[char] !== undefined) return charactersOf(CONTROLS[char]);
    if (char === "x") return this.#hex(2);
    if (char === "u") return this.#take("{") ? this.#braced() : this.#hex(4);
    if (char === "c") return charactersOf(String.fromCharCode(this.#next().charCodeAt(0) % 32));
    if (char === "p" || char === "P") return this.#property(char === "P");
    if (/[1-9bBk]/.test(char)) throw new PatternError(`\\${char}`);
    return charactersOf(char);
  }

  #hex(length: number): Characters {
    const digits = this.#chars.slice(this.#at, this.#at + length).join("");
    if (!/^[\da-f]+$/i.test(digits) || digits.length < length) throw new PatternError("a bad escape");
    this.#at += length;
    let code = Number.parseInt(digits, 16);
    const low = /^\\u(d[c-f][\da-f]{2})$/i.exec(this.#chars.slice(this.#at, this.#at + 6).join(""));
    if (length === 4 && code >= 0xd800 && code < 0xdc00 && low) {
      this.#at += 6;
      code = 0x10000 + ((code - 0xd800) << 10) + (Number.parseInt(low[1]!, 16) - 0xdc00);
    }
    return [[code, code]];
  }

  #braced(): Characters {
    let digits = "";
    for (let char = this.#next(); char !== "}"; char = this.#next()) digits += char;
    const code = Number.parseInt(digits, 16);
    if (!(code <= 0x10_ffff)) throw new PatternError("a bad escape");
    return [[code, code]];
  }

  /** What the engine itself says of every character, asked once a property. */
  #property(negated: boolean): Characters {
    if (!this.#take("{")) throw new PatternError("\\p");
    let name = "";
    for (let char = this.#next(); char !== "}"; char = this.#next()) name += char;
    const set = unicodeProperty(name);
    return negated ? complement(set) : set;
  }

  #peek(): string {
    return this.#chars[this.#at] ?? "";
  }

  #take(char: string): boolean {
    if (this.#peek() !== char || char === "") return false;
    this.#at++;
    return true;
  }

  #next(): string {
    if (this.atEnd()) throw new PatternError("it ends too early");
    return this.#chars[this.#at++]!;
  }
}

function between(from: Characters, to: Characters): Characters {
  const [first, last] = [from[0]![0], to[0]![0]];
  if (from.length !== 1 || to.length !== 1 || first > last) throw new PatternError("a bad range");
  return [[first, last]];
}

const properties = new Map<string, Characters>();

function unicodeProperty(name: string): Characters {
  const known = properties.get(name);
  if (known) return known;
  let test: RegExp;
  try {
    test = new RegExp(`^\\p{${name}}$`, "u");
  } catch {
    throw new PatternError(`\\p{${name}}`);
  }
  const set: [number, number][] = [];
  for (let code = 0; code <= ANY[0]![1]; code++) {
    if ((code >= 0xd800 && code < 0xe000) || !test.test(String.fromCodePoint(code))) continue;
    const previous = set.at(-1);
    if (previous?.[1] === code - 1) previous[1] = code;
    else set.push([code, code]);
  }
  properties.set(name, set);
  return set;
}
