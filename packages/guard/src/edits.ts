/** One replacement in a text: `[start, end)` becomes `text`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
  /** Matches that are gone by it. */
  count: number;
}

/** Finds what has to be replaced in a text; the edits are in order and do not overlap. */
export type Find = (text: string) => Edit[];

/** A text after redaction, and how many matches were replaced in it. */
export interface Redacted {
  text: string;
  count: number;
}

/** In order and without overlaps. Where two overlap both ranges go, replaced by what the first of them says. */
export function mergeEdits(edits: readonly Edit[]): Edit[] {
  const merged: Edit[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (!last || edit.start >= last.end) merged.push({ ...edit });
    else if (edit.end > last.end) last.end = edit.end;
  }
  return merged;
}

export function applyEdits(text: string, edits: readonly Edit[]): Redacted {
  let result = "";
  let count = 0;
  let position = 0;
  for (const edit of edits) {
    result += text.slice(position, edit.start) + edit.text;
    position = edit.end;
    count += edit.count;
  }
  return { text: result + text.slice(position), count };
}

/** The same edits in a text that begins `offset` further on. */
export function shiftEdits(edits: readonly Edit[], offset: number): Edit[] {
  return edits.map((edit) => ({ ...edit, start: edit.start + offset, end: edit.end + offset }));
}
