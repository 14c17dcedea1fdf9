/** What was done to a text so that it could be read, in words for a log. */
export type Mend =
  | "took the value out of a code block"
  | "left out the words around the value"
  | "left out a comment"
  | "left out a comma too many"
  | "put in a comma"
  | "put quotes around a name"
  | "put other quotes around a text"
  | "escaped a character within a text"
  | "wrote a constant as JSON does"
  | "closed what was left open";

export interface Repaired {
  value: unknown;
  /** Empty where the text was JSON as it stood. */
  mended: Mend[];
}

const DEEPEST = 200;
/** Beginnings that are tried in a text full of brackets that open nothing. */
const MOST_BEGINNINGS = 50;

/**
 * The JSON value that a text means, although a careless hand wrote it: in a code block, between other words, with
 * comments, commas too many or too few, other quotes, bare names, Python's constants, or without its end. What it cannot
 * make sense of without guessing at the value is left alone.
 * @returns `undefined` where no value can be made out
 */
export function repair(text: string): Repaired | undefined {
  try {
    return { value: JSON.parse(text) as unknown, mended: [] };
  } catch {
    return fromBlock(text) ?? longest(text) ?? scalar(text);
  }
}

function fromBlock(text: string): Repaired | undefined {
  const block = /```[\w-]*[ \t]*\r?\n?([\s\S]*?)(?:```|$)/.exec(text);
  const content = block?.[1]?.trim();
  if (!content) return undefined;
  const found = /^[{[]/.test(content) ? longest(content) : scalar(content);
  return found && { value: found.value, mended: unique(["took the value out of a code block", ...found.mended]) };
}

/** The longest object or array in the text. */
function longest(text: string): Repaired | undefined {
  let best: { begin: number; end: number; found: Repaired } | undefined;
  let tries = 0;
  for (let begin = text.search(/[{[]/); begin >= 0 && begin < text.length && tries < MOST_BEGINNINGS; tries++) {
    const reader = new LenientReader(text, begin);
    const value = reader.read();
    const end = value === undefined ? begin + 1 : reader.at;
    if (value && (!best || end - begin > best.end - best.begin))
      best = { begin, end, found: { value: value.value, mended: reader.mended } };
    const next = text.slice(end).search(/[{[]/);
    begin = next < 0 ? -1 : end + next;
  }
  if (!best) return undefined;
  const around = text.slice(0, best.begin) + text.slice(best.end);
  const { value, mended } = best.found;
  return { value, mended: unique(around.trim() === "" ? mended : ["left out the words around the value", ...mended]) };
}

function scalar(text: string): Repaired | undefined {
  const whole = text.trim();
  const reader = new LenientReader(whole, 0);
  const found = whole === "" ? undefined : reader.read();
  return found && reader.at === whole.length ? { value: found.value, mended: unique(reader.mended) } : undefined;
}

const unique = (mended: readonly Mend[]) => [...new Set(mended)];

/** Closing quote by opening quote. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "‘": "’", "`": "`" };
const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null, True: true, False: false, None: null }; // prettier-ignore
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const WORD = /[A-Za-z_$][\w$-]*/y;
const SPACE = /\s*/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|#[^\n]*/y;
/** What may follow the quote that ends a value. */
const AFTER_TEXT = /\s*(?:[,:}\]]|\/[/*]|$)|[ \t]*\r?\n/y;

/** A value that is there; without one, `undefined`. */
type Found = { value: unknown } | undefined;

class LenientReader {
  readonly mended: Mend[] = [];
  at: number;
  readonly #text: string;
  #depth = 0;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  read(): Found {
    const mark = this.#text[this.at];
    if (mark === "{" || mark === "[") {
      if (++this.#depth > DEEPEST) return undefined;
      const value = mark === "{" ? this.#object() : this.#array();
      this.#depth--;
      return value;
    }
    if (mark !== undefined && mark in QUOTES) return { value: this.#string(AFTER_TEXT) };
    return this.#number() ?? this.#constant();
  }

  #object(): Found {
    const value = {};
    this.at++;
    for (;;) {
      this.#blank();
      if (this.#ends("}")) return { value };
      const name = this.#name();
      if (name === undefined) return undefined;
      this.#blank();
      const named = this.#text[this.at] === ":";
      if (!named && this.#isOver()) continue;
      if (!named) return undefined;
      this.at++;
      this.#blank();
      const member = this.read();
      if (member)
        Object.defineProperty(value, name, { value: member.value, writable: true, enumerable: true, configurable: true }); // prettier-ignore
      else if (!this.#isOver()) return undefined;
      if (!this.#comma("}")) return undefined;
    }
  }

  #array(): Found {
    const value: unknown[] = [];
    this.at++;
    for (;;) {
      this.#blank();
      if (this.#ends("]")) return { value };
      const item = this.read();
      if (item) value.push(item.value);
      else if (!this.#isOver()) return undefined;
      if (!this.#comma("]")) return undefined;
    }
  }

  #isOver(): boolean {
    return this.at >= this.#text.length;
  }

  #ends(bracket: string): boolean {
    if (this.#isOver()) {
      this.mended.push("closed what was left open");
      return true;
    }
    if (this.#text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  /** Between two members: false where what stands there makes no sense. */
  #comma(bracket: string): boolean {
    this.#blank();
    const mark = this.#text[this.at];
    if (mark === undefined || mark === bracket) return true;
    if (mark !== ",") {
      this.mended.push("put in a comma");
      return mark !== "}" && mark !== "]" && mark !== ":";
    }
    this.at++;
    this.#blank();
    if (this.#text[this.at] === bracket) this.mended.push("left out a comma too many");
    return true;
  }

  #name(): string | undefined {
    if ((this.#text[this.at] ?? "") in QUOTES) return this.#string(/(?:)/y);
    const word = this.#match(WORD);
    if (word !== "") this.mended.push("put quotes around a name");
    return word === "" ? undefined : word;
  }

  /** @param after what follows the quote that ends it; after another one stands within it */
  #string(after: RegExp): string {
    const open = this.#text[this.at++]!;
    const close = QUOTES[open]!;
    if (open !== '"') this.mended.push("put other quotes around a text");
    let value = "";
    for (; !this.#isOver(); this.at++) {
      const character = this.#text[this.at]!;
      if (character === "\\") value += this.#escape(close);
      else if (character === close && this.#follows(after)) {
        this.at++;
        return value;
      } else {
        if (character < " " || character === close) this.mended.push("escaped a character within a text");
        value += character;
      }
    }
    this.mended.push("closed what was left open");
    return value;
  }

  /** Leaves the place at the escape's last character. */
  #escape(quote: string): string {
    const kind = this.#text[++this.at];
    if (kind === undefined) return "";
    const hex = kind === "u" ? /^[\dA-Fa-f]{4}/.exec(this.#text.slice(this.at + 1, this.at + 5))?.[0] : undefined;
    if (hex !== undefined) this.at += 4;
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (kind !== quote && !/[bfnrt"\\/]/.test(kind)) this.mended.push("escaped a character within a text");
    return ESCAPES[kind] ?? (/["'`\\/\n]/.test(kind) ? kind : `\\${kind}`);
  }

  #follows(pattern: RegExp): boolean {
    pattern.lastIndex = this.at + 1;
    return pattern.test(this.#text);
  }

  #number(): Found {
    const digits = this.#match(NUMBER);
    return digits === "" ? undefined : { value: Number(digits) };
  }

  #constant(): Found {
    const word = this.#match(WORD);
    if (Object.hasOwn(CONSTANTS, word)) {
      if (!/^[tfn]/.test(word)) this.mended.push("wrote a constant as JSON does");
      return { value: CONSTANTS[word] };
    }
    // Its end may be missing: then it is left out with what else is not there.
    if (!this.#isOver()) this.at -= word.length;
    return undefined;
  }

  #blank(): void {
    for (;;) {
      this.#match(SPACE);
      if (this.#match(COMMENT) === "") return;
      this.mended.push("left out a comment");
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }
}
