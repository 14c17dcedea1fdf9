/** A text in a JSON document: a string, a key, or a number. */
export interface JsonLeaf {
  /** Range in the document, with the quotes. */
  start: number;
  end: number;
  /** Decoded. */
  value: string;
  kind: "string" | "key" | "number";
  /** Whether the closing quote is there; `true` for numbers. */
  closed: boolean;
  /** The object or array it is in; `undefined` at the top. */
  parent: Container | undefined;
  /** Key in its object; the position in its array. */
  key: string;
}

interface Container {
  isObject: boolean;
  parent: Container | undefined;
  key: string;
  /** Which of several parallel streams an object belongs to, from its `index`, wherever among its keys that stands. */
  mark: string;
  position: number;
  pendingKey: string | undefined;
}

const INDEX_KEYS = new Set(["index", "output_index", "content_index"]);

/**
 * Every text of a JSON document, in order. Works on any text: a document that is cut off or damaged yields what can be
 * made out, so that nothing escapes redaction by not being valid. Linear, and not recursive, however deep it nests.
 */
export function jsonLeaves(json: string): JsonLeaf[] {
  const leaves: JsonLeaf[] = [];
  const token = /["{}[\],]|-?\d[\d.eE+-]*/g;
  let container: Container | undefined;
  for (let match = token.exec(json); match; match = token.exec(json)) {
    const start = match.index;
    const text = match[0];
    if (text === "{" || text === "[") container = open(container, text === "{");
    else if (text === "}" || text === "]") container = container?.parent;
    else if (text === ",") next(container);
    else {
      const leaf = text === '"' ? stringAt(json, start, container) : numberAt(text, start, container);
      leaves.push(leaf);
      token.lastIndex = leaf.end;
      note(container, leaf);
    }
  }
  return leaves;
}

function open(parent: Container | undefined, isObject: boolean): Container {
  return { isObject, parent, key: keyIn(parent), mark: "", position: 0, pendingKey: undefined };
}

const keyIn = (container: Container | undefined) =>
  container?.isObject ? (container.pendingKey ?? "") : String(container?.position ?? "");

function next(container: Container | undefined): void {
  if (!container) return;
  container.position++;
  container.pendingKey = undefined;
}

function note(container: Container | undefined, leaf: JsonLeaf): void {
  if (!container) return;
  if (leaf.kind === "key") container.pendingKey = leaf.value;
  else if (leaf.kind === "number" && INDEX_KEYS.has(leaf.key)) container.mark += `#${leaf.key}=${leaf.value}`;
}

function stringAt(json: string, start: number, parent: Container | undefined): JsonLeaf {
  const kind = parent?.isObject && parent.pendingKey === undefined ? "key" : "string";
  const close = closingQuote(json, start + 1);
  const end = close < 0 ? json.length : close + 1;
  const value = unescape(json.slice(start + 1, close < 0 ? end : close));
  return { start, end, value, kind, closed: close >= 0, parent, key: keyIn(parent) };
}

function numberAt(text: string, start: number, parent: Container | undefined): JsonLeaf {
  return { start, end: start + text.length, value: text, kind: "number", closed: true, parent, key: keyIn(parent) };
}

function closingQuote(json: string, from: number): number {
  for (let quote = json.indexOf('"', from); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (quote - backslashes > from && json[quote - backslashes - 1] === "\\") backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return -1;
}

const ESCAPES: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(?:u([\da-fA-F]{4})|([^]))/g, (_, hex: string | undefined, character: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES[character] ?? character),
  );
}

/**
 * The place of a text within its document, such as `choices.#index=0.delta.content`: the same in every event of a
 * stream that carries a part of the same text. Objects that carry an `index` are told apart by it, others in an array
 * by their position.
 */
export function leafPath(leaf: JsonLeaf): string {
  let path = leaf.key;
  for (let at = leaf.parent; at; at = at.parent) path = `${at.mark || at.key}.${path}`;
  return path;
}
