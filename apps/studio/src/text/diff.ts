/** A stretch that both sides have, or that only one of them has. */
export interface Change<T> {
  /** Of the left side; the same as `right` where nothing changed. */
  left: readonly T[];
  right: readonly T[];
  same: boolean;
}

/** Beyond this many edits two texts have little in common, and finding the fewest would take too long. */
const MOST_EDITS = 600;

/**
 * What changed between two lists, as Myers' greedy algorithm finds it (An O(ND) Difference Algorithm, 1986): the fewest
 * insertions and deletions. Lists that differ by more than {@link MOST_EDITS} are told apart as one replacement between
 * what they begin and end with in common.
 */
export function diff<T>(left: readonly T[], right: readonly T[]): Change<T>[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (
    end < left.length - start &&
    end < right.length - start &&
    left[left.length - 1 - end] === right[right.length - 1 - end]
  )
    end++;
  const kept = (from: number, to: number): Change<T> => {
    const part = left.slice(from, to);
    return { left: part, right: part, same: true };
  };
  const changes = [
    kept(0, start),
    ...middle(left.slice(start, left.length - end), right.slice(start, right.length - end)),
    kept(left.length - end, left.length),
  ];
  return changes.filter((change) => change.left.length + change.right.length > 0);
}

function middle<T>(left: readonly T[], right: readonly T[]): Change<T>[] {
  const matches = left.length === 0 || right.length === 0 ? [] : matchingRuns(left, right);
  const changes: Change<T>[] = [];
  let [i, j] = [0, 0];
  for (const [x, y, length] of [...matches, [left.length, right.length, 0] as const]) {
    if (x > i || y > j) changes.push({ left: left.slice(i, x), right: right.slice(j, y), same: false });
    const run = left.slice(x, x + length);
    if (length > 0) changes.push({ left: run, right: run, same: true });
    [i, j] = [x + length, y + length];
  }
  return changes;
}

type Run = readonly [x: number, y: number, length: number];

/** Where both lists run alike, in order; none where they differ by too much. */
function matchingRuns<T>(left: readonly T[], right: readonly T[]): Run[] {
  const most = Math.min(MOST_EDITS, left.length + right.length);
  /** How far each diagonal has come after so many edits; one list of them per number of edits, to walk back by. */
  const reached: Int32Array[] = [];
  let last = new Int32Array(2 * most + 3);
  const at = (diagonal: number): number => diagonal + most + 1;
  for (let edits = 0; edits <= most; edits++) {
    const now = last.slice();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = diagonal === -edits || (diagonal !== edits && last[at(diagonal - 1)]! < last[at(diagonal + 1)]!);
      let x = down ? last[at(diagonal + 1)]! : last[at(diagonal - 1)]! + 1;
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x++;
      now[at(diagonal)] = x;
      if (x >= left.length && x - diagonal >= right.length)
        return walkBack([...reached, now], left.length, right.length, at);
    }
    reached.push(now);
    last = now;
  }
  return [];
}

function walkBack(reached: readonly Int32Array[], x: number, y: number, at: (diagonal: number) => number): Run[] {
  const runs: Run[] = [];
  for (let edits = reached.length - 1; edits > 0; edits--) {
    const before = reached[edits - 1]!;
    const diagonal = x - y;
    const down = diagonal === -edits || (diagonal !== edits && before[at(diagonal - 1)]! < before[at(diagonal + 1)]!);
    const from = down ? diagonal + 1 : diagonal - 1;
    const [startX, startY] = [before[at(from)]!, before[at(from)]! - from];
    const length = down ? x - startX : x - startX - 1;
    if (length > 0) runs.push([x - length, y - length, length]);
    [x, y] = [startX, startY];
  }
  if (x > 0) runs.push([0, 0, x]);
  return runs.toReversed();
}

/** A stretch of a line; `changed` where the other side has something else. */
export interface Piece {
  text: string;
  changed: boolean;
}

/** A line on both sides; `null` where a side has none. */
export interface LinePair {
  left: Piece[] | null;
  right: Piece[] | null;
  same: boolean;
}

/** Two texts line by line; lines that replace each other are compared word by word. */
export function diffLines(left: string, right: string): LinePair[] {
  return diff(linesOf(left), linesOf(right)).flatMap((change) =>
    change.same ? change.left.map(samePair) : replacedLines(change.left, change.right),
  );
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replaceAll("\r\n", "\n").split("\n"));
const plain = (text: string, changed: boolean): Piece[] => [{ text, changed }];
const samePair = (line: string): LinePair => ({ left: plain(line, false), right: plain(line, false), same: true });

function replacedLines(left: readonly string[], right: readonly string[]): LinePair[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [a, b] = [left[index], right[index]];
    if (a === undefined || b === undefined)
      return {
        left: a === undefined ? null : plain(a, true),
        right: b === undefined ? null : plain(b, true),
        same: false,
      };
    return { ...diffWords(a, b), same: false };
  });
}

const MOST_WORDS = 4000;

function diffWords(a: string, b: string): { left: Piece[]; right: Piece[] } {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.length + right.length > MOST_WORDS) return { left: plain(a, true), right: plain(b, true) };
  const changes = diff(left, right);
  const side = (of: (change: Change<string>) => readonly string[]): Piece[] =>
    changes.map((change) => ({ text: of(change).join(""), changed: !change.same })).filter(({ text }) => text !== "");
  return { left: side((change) => change.left), right: side((change) => change.right) };
}

/** Words, runs of white space, and single marks. */
const wordsOf = (line: string): string[] => line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
