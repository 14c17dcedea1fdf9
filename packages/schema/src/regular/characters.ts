/** A set of Unicode code points: ranges with both ends included, in order, neither touching nor overlapping. */
export type Characters = readonly (readonly [first: number, last: number])[];

const LAST = 0x10_ffff;

export const ANY: Characters = [[0, LAST]];

export function charactersOf(text: string): Characters {
  return union(...[...text].map((char): Characters => [[char.codePointAt(0)!, char.codePointAt(0)!]]));
}

export function range(first: string, last: string): Characters {
  return [[first.codePointAt(0)!, last.codePointAt(0)!]];
}

export function union(...sets: Characters[]): Characters {
  const joined: [number, number][] = [];
  for (const [first, last] of sets.flat().toSorted((a, b) => a[0] - b[0])) {
    const previous = joined.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

export function complement(set: Characters): Characters {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

export function intersection(a: Characters, b: Characters): Characters {
  const both: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const first = Math.max(a[i]![0], b[j]![0]);
    const last = Math.min(a[i]![1], b[j]![1]);
    if (first <= last) both.push([first, last]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return both;
}

export const isEmpty = (set: Characters): boolean => set.length === 0;

export function has(set: Characters, code: number): boolean {
  return set.some(([first, last]) => first <= code && code <= last);
}

/** Divide two divisions of all characters by each other: within a part of the result, no part of either differs. */
export function refine(a: readonly Characters[], b: readonly Characters[]): Characters[] {
  return a.flatMap((x) => b.map((y) => intersection(x, y)).filter((part) => !isEmpty(part)));
}
