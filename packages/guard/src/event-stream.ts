import { documentEdits, isJson, leafEdit, leafEdits, looksLikeJson } from "./document.ts";
import { applyEdits, type Edit, type Find, mergeEdits, shiftEdits } from "./edits.ts";
import { type JsonLeaf, jsonLeaves, leafPath } from "./json-leaves.ts";

/** The data of one event, and the range of the stream it stands in. */
interface Payload {
  start: number;
  end: number;
  text: string;
  edits: Edit[];
}

/** A piece of a text that goes on in other events. */
interface Piece {
  payload: Payload;
  leaf: JsonLeaf;
  /** Whether it is written as a JSON string. */
  quoted: boolean;
}

/** Values that name things rather than carry a part of a text; the same ones stand in every event of a stream. */
const ENVELOPE = new Set([
  "id",
  "item_id",
  "object",
  "model",
  "type",
  "role",
  "status",
  "finish_reason",
  "service_tier",
]);

const REMEMBERED_LENGTH = 64;

export function isEventStream(text: string): boolean {
  return /^\uFEFF?\s*(?:data|event|id|retry)?:/.test(text);
}

/**
 * What to replace in a stream of server-sent events. A text comes in pieces, and a match may begin in one event and end
 * in another, so the pieces that stand at the same path are joined, matched as one text, and each event that held a part
 * of a match is written anew: the replacement goes where the match began, the rest of it disappears. Each piece is also
 * matched alone, for streams whose events are whole documents. Events without a match keep their bytes.
 */
export function streamEdits(stream: string, findAnew: Find): Edit[] {
  const find = remembering(findAnew);
  const { payloads, edits } = split(stream, find);
  const texts = new Map<string, Piece[]>();
  for (const payload of payloads) {
    const quoted = looksLikeJson(payload.text);
    for (const leaf of quoted ? jsonLeaves(payload.text) : [wholeText(payload.text)]) {
      if (leaf.kind !== "string" || ENVELOPE.has(leaf.key)) addAll(payload.edits, leafEdits(leaf, find(leaf.value)));
      else push(texts, leafPath(leaf), { payload, leaf, quoted });
    }
    if (!isJson(payload.text)) addAll(payload.edits, find(payload.text));
  }
  for (const pieces of texts.values()) rewritePieces(pieces, find);
  for (const payload of payloads) addAll(edits, payloadEdit(payload));
  return mergeEdits(edits);
}

/** Every event has the same keys and the same envelope, so most short texts have been seen before. */
function remembering(find: Find): Find {
  const seen = new Map<string, Edit[]>();
  return (text) => {
    if (text.length > REMEMBERED_LENGTH) return find(text);
    const edits = seen.get(text) ?? find(text);
    seen.set(text, edits);
    return edits;
  };
}

/** `push(...items)` would put them all on the stack. */
function addAll<T>(to: T[], items: readonly T[]): void {
  for (const item of items) to.push(item);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** Data that is not JSON counts as one unquoted text. */
function wholeText(text: string): JsonLeaf {
  return { start: 0, end: text.length, value: text, kind: "string", closed: true, parent: undefined, key: "" };
}

/** The payloads of a stream; everything else in it is matched line by line. */
function split(stream: string, find: Find): { payloads: Payload[]; edits: Edit[] } {
  const payloads: Payload[] = [];
  const edits: Edit[] = [];
  let open: Payload | undefined;
  for (const { start, line } of linesOf(stream)) {
    const prefix = /^\uFEFF?data: ?/.exec(line)?.[0];
    if (prefix === undefined) {
      open = undefined;
      addAll(edits, shiftEdits(find(line), start));
    } else if (open) {
      open.text += `\n${line.slice(prefix.length)}`;
      open.end = start + line.length;
    } else {
      open = { start: start + prefix.length, end: start + line.length, text: line.slice(prefix.length), edits: [] };
      payloads.push(open);
    }
  }
  return { payloads, edits };
}

function* linesOf(text: string): Generator<{ start: number; line: string }> {
  const line = /[^\r\n]*(?:\r\n|\r|\n|$)/g;
  for (let match = line.exec(text); match && match[0] !== ""; match = line.exec(text)) {
    yield { start: match.index, line: match[0].replace(/[\r\n]+$/, "") };
  }
}

function rewritePieces(pieces: readonly Piece[], find: Find): void {
  let joined = "";
  const alone: Edit[] = [];
  for (const { leaf } of pieces) {
    if (pieces.length > 1) addAll(alone, shiftEdits(documentEdits(leaf.value, find), joined.length));
    joined += leaf.value;
  }
  const edits = mergeEdits([...documentEdits(joined, find), ...alone]);
  let start = 0;
  let next = 0;
  for (const piece of pieces) {
    const end = start + piece.leaf.value.length;
    const touching: Edit[] = [];
    while (next < edits.length && edits[next]!.start < end) touching.push(edits[next++]!);
    if (touching.length > 0) piece.payload.edits.push(pieceEdit(piece, touching, start));
    if (touching.length > 0 && touching.at(-1)!.end > end) next--; // It goes on in the next piece.
    start = end;
  }
}

/** `edits` are those that touch this piece, in the coordinates of the joined text in which it begins at `offset`. */
function pieceEdit({ leaf, quoted }: Piece, edits: readonly Edit[], offset: number): Edit {
  const own = edits.map((edit) => {
    const begun = edit.start < offset;
    return {
      start: Math.max(edit.start - offset, 0),
      end: Math.min(edit.end - offset, leaf.value.length),
      text: begun ? "" : edit.text,
      count: begun ? 0 : edit.count,
    };
  });
  const { text, count } = applyEdits(leaf.value, own);
  return quoted ? leafEdit(leaf, text, count) : { start: leaf.start, end: leaf.end, text, count };
}

function payloadEdit({ start, end, text, edits }: Payload): Edit[] {
  if (edits.length === 0) return [];
  const redacted = applyEdits(text, mergeEdits(edits));
  return [{ start, end, text: redacted.text.replaceAll("\n", "\ndata: "), count: redacted.count }];
}
