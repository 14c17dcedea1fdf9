import type { GenerationPage, GenerationSummary } from "@flywheel/protocol";
import type { InfiniteData } from "@tanstack/react-query";

/** The pages of the list that are loaded, newest first. */
export type Rows = InfiniteData<GenerationPage>;

/** Rows kept while following; beyond, the oldest go and are loaded again when scrolled to. */
export const MAX_ROWS = 10_000;

export function allRows(rows: Rows | undefined): GenerationSummary[] {
  return rows?.pages.flatMap((page) => page.data) ?? [];
}

/** Puts rows that just came where they belong by id: a long generation lands below those that began after it. */
export function addRows(rows: Rows, added: GenerationSummary[]): Rows {
  const known = new Map(allRows(rows).map((row) => [row.id, row]));
  const next = rows.pages.at(-1)?.next;
  // Older than the last row of an unfinished list: it comes with its own page.
  const oldest = next === undefined ? "" : (allRows(rows).at(-1)?.id ?? "");
  for (const row of added) if (row.id > oldest) known.set(row.id, row);
  const data = [...known.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  return data.length > MAX_ROWS ? onePage(data.slice(0, MAX_ROWS), data[MAX_ROWS - 1]!.id) : onePage(data, next);
}

/** Catches up with the newest page. Where it no longer meets the loaded rows it replaces them, so that no gap is hidden. */
export function catchUp(rows: Rows | undefined, newest: GenerationPage): Rows {
  const known = new Set(allRows(rows).map((row) => row.id));
  const meets = newest.next === undefined || newest.data.some((row) => known.has(row.id));
  if (!rows || known.size === 0 || !meets) return onePage(newest.data, newest.next);
  return addRows(rows, newest.data);
}

function onePage(data: GenerationSummary[], next: string | undefined): Rows {
  return { pages: [next === undefined ? { data } : { data, next }], pageParams: [undefined] };
}
