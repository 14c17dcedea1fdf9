/** What a GBNF text means, read from the text alone: knows nothing of the compiler that wrote it. */
type Part =
  | { kind: "char"; test: (code: number) => boolean }
  | { kind: "all"; of: Part[] }
  | { kind: "any"; of: Part[] }
  | { kind: "times"; of: Part; least: number; most: number }
  | { kind: "call"; rule: string };

/** What is still to be read: a part, then the rest. The same rest is always the same object. */
interface Rest {
  id: number;
  part: Part;
  next: Rest | undefined;
}

export interface Recogniser {
  accepts(text: string): boolean;
  /** Whether some text of the grammar begins so. */
  begins(text: string): boolean;
  /** Rules. */
  size: number;
}

/** Whether a grammar, as llama.cpp's notation has it, accepts texts. */
export function recogniser(gbnf: string): Recogniser {
  const rules = new GbnfParser(gbnf).rules();
  const partIds = new Map<Part, number>();
  const rests = new Map<string, Rest>();
  const times = new Map<string, Part>();
  const idOf = (part: Part): number => {
    let id = partIds.get(part);
    if (id === undefined) partIds.set(part, (id = partIds.size));
    return id;
  };
  const rest = (part: Part, next: Rest | undefined): Rest => {
    const key = `${idOf(part)} ${next?.id ?? -1}`;
    let known = rests.get(key);
    if (!known) rests.set(key, (known = { id: rests.size, part, next }));
    return known;
  };
  const fewer = (part: Part & { kind: "times" }): Part => {
    const [least, most] = [Math.max(0, part.least - 1), part.most - 1];
    const key = `${idOf(part.of)} ${least} ${most}`;
    let known = times.get(key);
    if (!known) times.set(key, (known = { kind: "times", of: part.of, least, most }));
    return known;
  };

  /** Go on until every way forward begins with a character; `undefined` in the result = the end is reached. */
  function open(starts: Iterable<Rest | undefined>): Set<Rest | undefined> {
    const found = new Set<Rest | undefined>();
    const seen = new Set<Rest | undefined>();
    const queue = [...starts];
    for (let i = 0; i < queue.length; i++) {
      const at = queue[i];
      if (seen.has(at)) continue;
      seen.add(at);
      if (!at || at.part.kind === "char") found.add(at);
      else queue.push(...steps(at.part, at.next));
    }
    return found;
  }

  function steps(part: Exclude<Part, { kind: "char" }>, next: Rest | undefined): (Rest | undefined)[] {
    if (part.kind === "call") {
      const called = rules.get(part.rule);
      if (!called) throw new Error(`there is no rule ${part.rule}`);
      return [rest(called, next)];
    }
    if (part.kind === "all") return [part.of.reduceRight<Rest | undefined>((later, each) => rest(each, later), next)];
    if (part.kind === "any") return part.of.map((each) => rest(each, next));
    const again = part.most > 0 ? [rest(part.of, rest(fewer(part), next))] : [];
    return part.least === 0 ? [next, ...again] : again;
  }

  /** Every way to go on after a text; none where no text of the grammar begins so. */
  function waysAfter(text: string): Set<Rest | undefined> {
    let ways = open([rest({ kind: "call", rule: "root" }, undefined)]);
    for (const char of text) {
      const code = char.codePointAt(0)!;
      const after: (Rest | undefined)[] = [];
      for (const way of ways) if (way?.part.kind === "char" && way.part.test(code)) after.push(way.next);
      ways = open(after);
      if (ways.size === 0) break;
    }
    return ways;
  }

  return {
    size: rules.size,
    accepts: (text) => waysAfter(text).has(undefined),
    begins: (text) => waysAfter(text).size > 0,
  };
}

class GbnfParser {
  #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rules(): Map<string, Part> {
    const rules = new Map<string, Part>();
    for (this.#skip(true); this.#at < this.#text.length; this.#skip(true)) {
      const name = this.#match(/[A-Za-z][A-Za-z0-9-]*/y);
      this.#skip(false);
      this.#match(/::=/y);
      if (rules.has(name)) throw new Error(`${name} is there twice`);
      rules.set(name, this.#any());
      if (this.#at < this.#text.length) this.#match(/\n/y);
    }
    return rules;
  }

  #any(): Part {
    const of = [this.#all()];
    while (this.#text[this.#at] === "|") {
      this.#at++;
      of.push(this.#all());
    }
    return of.length === 1 ? of[0]! : { kind: "any", of };
  }

  #all(): Part {
    const of: Part[] = [];
    for (this.#skip(false); this.#at < this.#text.length && !/[|)\n]/.test(this.#text[this.#at]!); this.#skip(false))
      of.push(this.#counted(this.#atom()));
    return of.length === 1 ? of[0]! : { kind: "all", of };
  }

  #atom(): Part {
    const char = this.#text[this.#at]!;
    if (char === '"') return this.#literal();
    if (char === "[") return this.#class();
    if (char !== "(") return { kind: "call", rule: this.#match(/[A-Za-z][A-Za-z0-9-]*/y) };
    this.#at++;
    const inner = this.#any();
    this.#match(/\)/y);
    return inner;
  }

  #counted(of: Part): Part {
    const sign = /[*+?]|\{(\d+)(,(\d*))?\}/y;
    sign.lastIndex = this.#at;
    const found = sign.exec(this.#text);
    if (!found) return of;
    this.#at = sign.lastIndex;
    if (found[0] === "*") return { kind: "times", of, least: 0, most: Infinity };
    if (found[0] === "+") return { kind: "times", of, least: 1, most: Infinity };
    if (found[0] === "?") return { kind: "times", of, least: 0, most: 1 };
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] ? Number(found[3]) : Infinity;
    return { kind: "times", of, least, most };
  }

  #literal(): Part {
    this.#at++;
    const of: Part[] = [];
    while (this.#text[this.#at] !== '"') {
      const code = this.#char();
      of.push({ kind: "char", test: (other) => other === code });
    }
    this.#at++;
    return { kind: "all", of };
  }

  #class(): Part {
    this.#at++;
    const negated = this.#text[this.#at] === "^";
    if (negated) this.#at++;
    const ranges: [number, number][] = [];
    while (this.#text[this.#at] !== "]") {
      const first = this.#char();
      const isRange = this.#text[this.#at] === "-" && this.#text[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      ranges.push([first, isRange ? this.#char() : first]);
    }
    this.#at++;
    return { kind: "char", test: (code) => ranges.some(([first, last]) => first <= code && code <= last) !== negated };
  }

  #char(): number {
    const escape = /\\(?:x([\dA-F]{2})|u([\dA-F]{4})|U([\dA-F]{8})|(.))/y;
    escape.lastIndex = this.#at;
    const found = escape.exec(this.#text);
    if (!found) {
      const code = this.#text.codePointAt(this.#at)!;
      this.#at += code > 0xffff ? 2 : 1;
      return code;
    }
    this.#at = escape.lastIndex;
    const hex = found[1] ?? found[2] ?? found[3];
    if (hex !== undefined) return Number.parseInt(hex, 16);
    return { n: 10, r: 13, t: 9 }[found[4]!] ?? found[4]!.codePointAt(0)!;
  }

  #skip(lines: boolean): void {
    const blank = lines ? /[ \t\n]/ : /[ \t]/;
    while (blank.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found)
      throw new Error(`${pattern.source} expected at ${JSON.stringify(this.#text.slice(this.#at, this.#at + 40))}`);
    this.#at = pattern.lastIndex;
    return found[0];
  }
}
