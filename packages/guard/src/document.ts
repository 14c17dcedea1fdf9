import { applyEdits, type Edit, type Find, mergeEdits } from "./edits.ts";
import { type JsonLeaf, jsonLeaves } from "./json-leaves.ts";

/** JSON inside a string inside JSON…: tool arguments are one level; nobody needs eight. */
const MAX_DEPTH = 8;

/**
 * What to replace in a document. In JSON the texts are matched decoded, each for itself, and written back as JSON, so
 * that the document stays valid; what is not touched keeps its bytes. Strings that hold JSON themselves (the arguments
 * of a tool call) are treated the same way. Anything else is matched as the text it is.
 */
export function documentEdits(text: string, find: Find, depth = 0): Edit[] {
  if (depth >= MAX_DEPTH || !looksLikeJson(text)) return find(text);
  const edits = jsonLeaves(text).flatMap((leaf) => leafEdits(leaf, documentEdits(leaf.value, find, depth + 1)));
  return isJson(text) ? edits : mergeEdits([...edits, ...find(text)]);
}

/** The edits of a leaf's value as edits of its document: none, or one that writes the whole leaf anew. */
export function leafEdits(leaf: JsonLeaf, edits: readonly Edit[]): Edit[] {
  if (edits.length === 0) return [];
  const { text, count } = applyEdits(leaf.value, edits);
  return [leafEdit(leaf, text, count)];
}

export function leafEdit(leaf: JsonLeaf, value: string, count: number): Edit {
  const literal = JSON.stringify(value);
  return { start: leaf.start, end: leaf.end, text: leaf.closed ? literal : literal.slice(0, -1), count };
}

export function looksLikeJson(text: string): boolean {
  return /^\s*[{["]/.test(text);
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
