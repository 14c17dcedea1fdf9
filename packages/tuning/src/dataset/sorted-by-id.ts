import { setImmediate as breathe } from "node:timers/promises";

/** Rows between two breaths: others wait for this process, too. */
const PIECE = 10_000;

/** By id, in pieces that are sorted and then merged: the rows of a large file would hold everyone up at once. */
export async function sortedById<Row extends { id: string }>(rows: readonly Row[]): Promise<Row[]> {
  let runs: Row[][] = [];
  for (let at = 0; at < rows.length; at += PIECE) {
    runs.push(rows.slice(at, at + PIECE).toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    await breathe();
  }
  while (runs.length > 1) {
    const merged: Row[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i]!, runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<Row extends { id: string }>(first: readonly Row[], second: readonly Row[]): Promise<Row[]> {
  const merged: Row[] = [];
  let [i, j] = [0, 0];
  while (i < first.length || j < second.length) {
    const isFirst = j === second.length || (i < first.length && first[i]!.id <= second[j]!.id);
    merged.push(isFirst ? first[i++]! : second[j++]!);
    if (merged.length % PIECE === 0) await breathe();
  }
  return merged;
}
