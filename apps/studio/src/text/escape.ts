/**
 * Characters that would act on the page instead of showing: controls (ANSI's ESC among them), bidirectional and other
 * invisible format marks, line separators, lone surrogates. Not among them: newline, tab, the joiners that emoji and
 * several scripts need, and the Arabic number signs, which are visible.
 */
const ACTIVE = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\n\t\u{200c}-\u{200d}\u{600}-\u{605}\u{6dd}]]+/v;

/** A stretch of text to show as it is, or (`escaped`) a stretch of escapes that stands for characters that don't show. */
export interface Segment {
  text: string;
  escaped: boolean;
}

/** The most segments worth an element of their own; a text that is mostly controls becomes one plain stretch instead. */
const MAX_SEGMENTS = 2000;

/** Text from anywhere, made harmless to display: what would act on the page becomes visible escapes. */
export function segments(text: string): Segment[] {
  const parts: Segment[] = [];
  const source = text.replaceAll("\r\n", "\n");
  const pattern = new RegExp(ACTIVE, "gv");
  let end = 0;
  for (const match of source.matchAll(pattern)) {
    if (match.index > end) parts.push({ text: source.slice(end, match.index), escaped: false });
    parts.push({ text: escapeAll(match[0]), escaped: true });
    end = match.index + match[0].length;
  }
  if (end < source.length) parts.push({ text: source.slice(end), escaped: false });
  if (parts.length <= MAX_SEGMENTS) return parts;
  return [{ text: parts.map((part) => part.text).join(""), escaped: false }];
}

/** The same on one line, for lists: white space is folded. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().replace(new RegExp(ACTIVE, "gv"), escapeAll);
}

function escapeAll(characters: string): string {
  let escapes = "";
  for (const character of characters) escapes += escapeOne(character.codePointAt(0)!);
  return escapes;
}

/** `\x1b`, `\u202e`, `\u{e0041}`: as JavaScript would write it. */
function escapeOne(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}
