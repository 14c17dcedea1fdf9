import { GRAFT } from "./documents.ts";

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
    note(at, of, action, note) {
      const { path, keyword } = owner(at, of);
      const key = `${path} ${keyword}`;
      const known = lines.get(key);
      if (known && RANK.indexOf(known.action) >= RANK.indexOf(action)) return;
      lines.set(key, { path, keyword, action, ...(note !== undefined && { note }) });
    },
    lines: () => [...lines.values()],
  };
}

/** What is said of a graft is said of the keyword that it stands for. */
function owner(path: string, keyword: string): { path: string; keyword: string } {
  const mark = path.indexOf(GRAFT);
  if (mark < 0) return { path, keyword };
  const end = path.lastIndexOf("/", mark - 1);
  return { path: path.slice(0, end), keyword: path.slice(end + 1, mark) };
}
