import { automaton, type State } from "./regular/automaton.ts";
import { PatternError, patternLanguage } from "./regular/pattern.ts";

/** As much of a regular expression as a validator uses. */
export interface TextTest {
  test(text: string): boolean;
  /** The same for the same expression, and for no other. */
  toString(): string;
}

const MOST_STATES = 1000;
/** Repetitions within or beside each other are what a backtracking engine may take forever with. */
const REPETITION = /[*+{]/g;

/**
 * A regular expression of a schema, tested in time that grows with the length of the text alone wherever it is a regular
 * language, as a model's answer is text by a stranger; otherwise as the engine does it.
 *
 * @throws SyntaxError where it is no regular expression
 */
export function textTest(source: string): TextTest {
  const native = new RegExp(source, "u");
  return isHarmless(source) ? native : (linearTest(source) ?? native);
}

/** Whether no text can make {@link textTest} slow. */
export function isLinear(source: string): boolean {
  return isHarmless(source) || linearTest(source) !== undefined;
}

const isHarmless = (source: string) => (source.match(REPETITION)?.length ?? 0) < 2;

function linearTest(source: string): TextTest | undefined {
  try {
    const states = automaton(patternLanguage(source), MOST_STATES);
    return states && { test: (text) => accepts(states, text), toString: () => source };
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

function accepts(states: readonly State[], text: string): boolean {
  let state = states[0];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    const move = state?.moves.find(({ on }) => on.some(([first, last]) => first <= code && code <= last));
    if (!move) return false;
    state = states[move.to];
  }
  return state?.accepting ?? false;
}
