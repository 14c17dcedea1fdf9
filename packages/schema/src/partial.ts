/**
 * One step of a JSON value that is still being written. Paths are JSON Pointers.
 * - `value`: there is something at this path now; strings, objects and arrays begin empty
 * - `append`: the string there goes on
 * - `final`: nothing at this path, or below it, will change any more
 */
export type PartialStep =
  | { type: "value"; path: string; value: unknown }
  | { type: "append"; path: string; text: string }
  | { type: "final"; path: string };

interface Level {
  kind: "object" | "array";
  path: string;
  /** Elements or members so far. */
  count: number;
}

/** A string, key or bare word under way; `escape` is a backslash and what came after it. */
interface Token {
  kind: "string" | "key" | "word";
  text: string;
  escape: string;
}

/** What is expected next, apart from white space. */
type Expected = "value" | "first key" | "key" | "colon" | "first element" | "comma" | "nothing";

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", "/": "/" }; // prettier-ignore
const SPACE = /[ \t\r\n]/;

/**
 * Reads a JSON value piece by piece and says after each piece what has become of it: in time linear in the text, and
 * never twice the same. What is no JSON ends the steps: whoever has the whole text finds out what is wrong with it.
 */
export class PartialReader {
  #levels: Level[] = [];
  #expected: Expected = "value";
  #path = "";
  #steps: PartialStep[] = [];
  #broken = false;
  #token: Token | undefined;

  /** @returns what this piece adds */
  push(text: string): PartialStep[] {
    this.#steps = [];
    for (const character of text) {
      if (this.#broken) break;
      this.#read(character);
    }
    if (this.#token?.kind === "string") this.#appendSoFar();
    return this.#steps;
  }

  /** After the last piece: a number has no end of its own. */
  end(): PartialStep[] {
    this.#steps = [];
    if (this.#token?.kind === "word") this.#endWord();
    return this.#steps;
  }

  #read(character: string): void {
    const token = this.#token;
    if (token?.kind === "word") {
      if (/[\w.+-]/.test(character)) {
        token.text += character;
        return;
      }
      this.#endWord();
      if (this.#broken) return;
    } else if (token) {
      this.#readString(token, character);
      return;
    }
    if (!SPACE.test(character)) this.#readMark(character);
  }

  #readString(token: Token, character: string): void {
    if (token.escape !== "") {
      token.escape += character;
      this.#endEscape(token);
    } else if (character === "\\") token.escape = character;
    else if (character !== '"') token.text += character;
    else if (token.kind === "key") this.#endKey(token.text);
    else this.#endString();
  }

  #endEscape(token: Token): void {
    const [, kind = ""] = token.escape;
    const whole = kind === "u" ? token.escape.length === 6 : true;
    if (!whole) return;
    const plain = kind === "u" ? hexCharacter(token.escape.slice(2)) : ESCAPES[kind];
    if (plain === undefined) this.#broken = true;
    else token.text += plain;
    token.escape = "";
  }

  #readMark(character: string): void {
    const level = this.#levels.at(-1);
    const expected = this.#expected;
    if (expected === "colon" && character === ":") this.#expected = "value";
    else if (expected === "comma" && character === ",") this.#next(level!);
    else if ((expected === "comma" || expected.startsWith("first")) && character === closing(level))
      this.#close(level!);
    else if (expected.endsWith("key") && character === '"') this.#token = { kind: "key", text: "", escape: "" };
    else if (expected === "value" || expected === "first element") this.#beginValue(character);
    else this.#broken = true;
  }

  #next(level: Level): void {
    level.count++;
    this.#expected = level.kind === "object" ? "key" : "value";
    if (level.kind === "array") this.#path = `${level.path}/${level.count}`;
  }

  #beginValue(character: string): void {
    const level = this.#levels.at(-1);
    if (this.#expected === "first element") this.#path = `${level!.path}/0`;
    if (character === "{") this.#open("object", {});
    else if (character === "[") this.#open("array", []);
    else if (character === '"') {
      this.#token = { kind: "string", text: "", escape: "" };
      this.#steps.push({ type: "value", path: this.#path, value: "" });
    } else if (/[-\d\w]/.test(character)) this.#token = { kind: "word", text: character, escape: "" };
    else this.#broken = true;
  }

  #open(kind: Level["kind"], value: unknown): void {
    this.#levels.push({ kind, path: this.#path, count: 0 });
    this.#steps.push({ type: "value", path: this.#path, value });
    this.#expected = kind === "object" ? "first key" : "first element";
  }

  #close(level: Level): void {
    this.#levels.pop();
    this.#settle(level.path);
  }

  #endKey(name: string): void {
    this.#token = undefined;
    this.#path = `${this.#levels.at(-1)!.path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    this.#expected = "colon";
  }

  #endString(): void {
    this.#append(this.#token!.text);
    this.#token = undefined;
    this.#settle(this.#path);
  }

  #appendSoFar(): void {
    const token = this.#token!;
    // The first half of a pair of surrogates waits for the second.
    const whole = /[\uD800-\uDBFF]$/.test(token.text) ? token.text.length - 1 : token.text.length;
    this.#append(token.text.slice(0, whole));
    token.text = token.text.slice(whole);
  }

  #append(text: string): void {
    if (text !== "") this.#steps.push({ type: "append", path: this.#path, text });
  }

  #endWord(): void {
    const { text } = this.#token!;
    this.#token = undefined;
    try {
      this.#steps.push({ type: "value", path: this.#path, value: JSON.parse(text) });
      this.#settle(this.#path);
    } catch {
      this.#broken = true;
    }
  }

  #settle(path: string): void {
    this.#steps.push({ type: "final", path });
    this.#expected = this.#levels.length === 0 ? "nothing" : "comma";
  }
}

const closing = (level: Level | undefined) => (level?.kind === "object" ? "}" : "]");

function hexCharacter(digits: string): string | undefined {
  return /^[0-9a-fA-F]{4}$/.test(digits) ? String.fromCharCode(parseInt(digits, 16)) : undefined;
}

/** The value that steps have made so far: takes what was there and gives what is there now. Objects are changed in place. */
export function applyStep(value: unknown, step: PartialStep): unknown {
  if (step.type === "final") return value;
  const names = step.path
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = names.pop();
  const changed = (before: unknown) => (step.type === "append" ? `${String(before)}${step.text}` : step.value);
  if (last === undefined) return changed(value);
  let holder = value as Record<string, unknown>;
  for (const name of names) holder = holder[name] as Record<string, unknown>;
  Object.defineProperty(holder, last, { value: changed(holder[last]), writable: true, enumerable: true, configurable: true }); // prettier-ignore
  return value;
}
