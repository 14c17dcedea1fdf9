import type { Characters } from "./characters.ts";
import { union } from "./characters.ts";
import { alphabet, derivative, type Language, NONE } from "./language.ts";

/** One state of a deterministic automaton. From every state some text leads to an accepting one. */
export interface State {
  accepting: boolean;
  moves: { on: Characters; to: number }[];
}

/**
 * A deterministic automaton of a language; state 0 is the start. `undefined` where it would take more than `limit` states;
 * an empty list where no text is in the language.
 */
export function automaton(language: Language, limit: number): State[] | undefined {
  const numbers = new Map<string, number>([[language.key, 0]]);
  const languages = [language];
  const states: State[] = [];
  for (let i = 0; i < languages.length; i++) {
    const from = languages[i]!;
    const moves = new Map<number, Characters>();
    for (const part of alphabet(from)) {
      const next = derivative(from, part[0]![0]);
      if (next === NONE) continue;
      let number = numbers.get(next.key);
      if (number === undefined) {
        number = languages.push(next) - 1;
        numbers.set(next.key, number);
        if (number >= limit) return undefined;
      }
      moves.set(number, union(moves.get(number) ?? [], part));
    }
    states.push({ accepting: from.nullable, moves: [...moves].map(([to, on]) => ({ on, to })) });
  }
  return withoutDeadEnds(states);
}

/** A model that walks into a state without a way out could never finish. */
function withoutDeadEnds(states: State[]): State[] {
  const from = states.map((): number[] => []);
  for (const [i, { moves }] of states.entries()) for (const { to } of moves) from[to]!.push(i);
  const alive = new Set<number>();
  const queue = states.flatMap(({ accepting }, i) => (accepting ? [i] : []));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (alive.has(next)) continue;
    alive.add(next);
    queue.push(...from[next]!);
  }
  if (!alive.has(0)) return [];
  const renumbered = new Map([...alive].toSorted((a, b) => a - b).map((old, i) => [old, i]));
  return [...renumbered.keys()].map((old) => ({
    accepting: states[old]!.accepting,
    moves: states[old]!.moves.filter(({ to }) => alive.has(to)).map(({ on, to }) => ({ on, to: renumbered.get(to)! })),
  }));
}
