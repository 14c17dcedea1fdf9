import type { Piece } from "./lower.ts";

/** Where going back to the original is no more than leaving out nulls: that can be done while a text is being written. */
export interface Strip {
  /** Properties that are left out where they are null. */
  optional: ReadonlySet<string>;
  members: ReadonlyMap<string, Piece>;
  items?: Piece;
  /** Stands for all of the above, where it is a reference: known once everything is lowered. */
  same?: () => Piece | undefined;
}

/** Takes a JSON text piece by piece, and gives what of it is left. */
export type TextStrip = (text: string) => string;

/** Nothing but leaving out, all the way down. */
export function isStrippable(piece: Piece, seen = new Set<Piece>()): boolean {
  if (!piece.lift || seen.has(piece)) return true;
  seen.add(piece);
  const { strip } = piece;
  if (!strip) return false;
  const within = [...strip.members.values(), strip.items, strip.same?.()].filter((each) => each !== undefined);
  return within.every((each) => isStrippable(each, seen));
}

interface Level {
  strip: Strip | undefined;
  isObject: boolean;
  isEmpty: boolean;
}

/**
 * The text of a lowered value as that of the original one, without white space. A member waits until its value begins: then
 * it is known whether it is left out. What is no JSON goes through as it comes.
 */
export function textStrip(root: Piece): TextStrip {
  const levels: Level[] = [];
  let out = "";
  /** In a string, and whether the next character stands for itself. */
  let inString = false;
  let escaped = false;
  /** The member that is waiting: its key as it is written, then its colon. */
  let key: string | undefined;
  let isKey = false;
  let skipping = false;
  let next: Piece | undefined = root;

  const top = () => levels.at(-1);

  function beginValue(character: string): void {
    const level = top();
    if (key !== undefined && level) {
      const name = nameOf(key);
      if (character === "n" && level.strip?.optional.has(name)) {
        skipping = true;
        key = undefined;
        return;
      }
      out += `${level.isEmpty ? "" : ","}${key}:`;
      level.isEmpty = false;
      next = level.strip?.members.get(name);
      key = undefined;
    }
    open(character);
  }

  function open(character: string): void {
    out += character;
    if (character === '"') inString = true;
    if (character !== "{" && character !== "[") return;
    const strip = next && stripOf(next);
    levels.push({ strip, isObject: character === "{", isEmpty: true });
    isKey = character === "{";
    next = strip?.items;
  }

  function close(character: string): void {
    out += character;
    levels.pop();
    isKey = false;
    next = top()?.strip?.items;
  }

  function readString(character: string): void {
    if (isKey) key += character;
    else out += character;
    if (escaped) escaped = false;
    else if (character === "\\") escaped = true;
    else if (character === '"') inString = isKey = false;
  }

  function readMark(character: string): void {
    if (skipping && /[a-z]/.test(character)) return;
    skipping = false;
    if (/\s/.test(character) || (character === ":" && key !== undefined)) return;
    if (character === "}" || character === "]") close(character);
    else if (character === "," && top()?.isObject) isKey = true;
    else if (isKey && character === '"') {
      key = character;
      inString = true;
    } else beginValue(character);
  }

  return (text) => {
    out = "";
    for (const character of text) if (inString) readString(character); else readMark(character); // prettier-ignore
    return out;
  };
}

const stripOf = ({ strip }: Piece): Strip | undefined => {
  const same = strip?.same?.();
  return same ? stripOf(same) : strip;
};

function nameOf(key: string): string {
  try {
    return String(JSON.parse(key));
  } catch {
    return key;
  }
}
