import { boolean, number } from "../json.ts";
import type { Json } from "../json.ts";

type Node = Record<string | number, unknown>;

/**
 * Put one piece of a call's arguments where it belongs: `jsonPath` says where (`$.items[0].name`), one of the values
 * says what. A text goes on where an earlier piece of it stopped.
 */
export function addPartialArgument(args: Node, piece: Json): void {
  const path = typeof piece.jsonPath === "string" ? keysOf(piece.jsonPath) : [];
  const last = path.pop();
  if (last === undefined) return;
  let at = args;
  for (const [index, key] of path.entries()) {
    const known = own(at, key);
    const next = typeof known === "object" && known !== null ? (known as Node) : emptyFor(path[index + 1] ?? last);
    if (next !== known && !put(at, key, next)) return;
    at = next;
  }
  const known = own(at, last);
  const text = typeof piece.stringValue === "string" ? piece.stringValue : undefined;
  if (text === undefined) put(at, last, number(piece.numberValue) ?? boolean(piece.boolValue) ?? null);
  else put(at, last, typeof known === "string" ? known + text : text);
}

function keysOf(path: string): (string | number)[] {
  const keys = path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]/g);
  return Array.from(keys, ([, name, index, quoted]) => name ?? quoted?.replace(/\\(.)/g, "$1") ?? Number(index));
}

const emptyFor = (key: string | number): Node =>
  typeof key === "number" ? ([] as unknown as Node) : (Object.create(null) as Node);

const own = (node: Node, key: string | number): unknown => (Object.hasOwn(node, key) ? node[key] : undefined);

/** Pieces come in order, so an array only ever grows by one; any other place would let a provider fill our memory. */
function put(node: Node, key: string | number, value: unknown): boolean {
  if (Array.isArray(node) && !(typeof key === "number" && key <= node.length)) return false;
  node[key] = value;
  return true;
}
