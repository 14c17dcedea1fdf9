/**
 * What became of a keyword:
 * - `enforced`: the grammar holds to it exactly
 * - `approximated`: the grammar allows more than it, or less; `note` says which
 * - `checked afterwards`: the grammar ignores it, validation does not
 */
export type KeywordAction = "enforced" | "approximated" | "checked afterwards";

export interface KeywordReport {
  /** JSON Pointer of the schema that holds the keyword. */
  path: string;
  keyword: string;
  action: KeywordAction;
  note?: string;
}

/** Collects one line a keyword; of two opinions the worse one counts. */
export interface Report {
  note(path: string, keyword: string, action: KeywordAction, note?: string): void;
  lines(): KeywordReport[];
}

const RANK: readonly KeywordAction[] = ["enforced", "approximated", "checked afterwards"];

export function createReport(): Report {
  const lines = new Map<string, KeywordReport>();
  return {
    note(path, keyword, action, note) {
      const key = `${path} ${keyword}`;
      const known = lines.get(key);
      if (known && RANK.indexOf(known.action) >= RANK.indexOf(action)) return;
      lines.set(key, { path, keyword, action, ...(note !== undefined && { note }) });
    },
    lines: () => [...lines.values()],
  };
}
