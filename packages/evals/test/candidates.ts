import type { PairedScore } from "../src/decision/index.ts";
import type { Random } from "../src/statistics/index.ts";

/** A made-up candidate: how much better it is, on the protected slice too, and how its users are. */
export interface CandidateKind {
  effect: number;
  /** On the protected slice, the first of every four users. */
  sliceEffect: number;
  examples: number;
  /** Share of examples that only one of the two models gets right: small where both make the same mistakes. */
  discordance?: number;
  /** How much of the differences is a matter of the user, not of the row. */
  userShare?: number;
  /** Examples of the user who comes next. */
  rowsOf?(random: Random): number;
  /** What a user with so many rows has of the effect; by default all of it. */
  effectOf?(rows: number): number;
}

export const SLICE = "protected";
const DISCORDANCE = 0.2;
const ROWS_PER_USER = 4;
const USER_SHARE = 0.15;
/** Of the examples that both get right or both wrong. */
const BOTH_RIGHT = 0.75;

/** Right or wrong answers of both models, alike within a user: a user draws one of its outcomes once and repeats it. */
export function drawCandidate(kind: CandidateKind, random: Random): PairedScore[] {
  const { effect, sliceEffect, examples, discordance = DISCORDANCE, userShare = USER_SHARE } = kind;
  const scores: PairedScore[] = [];
  for (let user = 0; scores.length < examples; user++) {
    const isProtected = user % 4 === 0;
    const rows = kind.rowsOf?.(random) ?? ROWS_PER_USER;
    const gain = kind.effectOf?.(rows) ?? (isProtected ? sliceEffect : effect);
    const usual = outcome(gain, discordance, random);
    for (let row = 0; row < rows && scores.length < examples; row++) {
      const [baseline, candidate] = random.uniform() < Math.sqrt(userShare) ? usual : outcome(gain, discordance, random); // prettier-ignore
      scores.push({
        id: `${user}-${row}`,
        user: `u${user}`,
        baseline,
        candidate,
        ...(isProtected && { slices: [SLICE] }),
      });
    }
  }
  return scores;
}

function outcome(gain: number, discordance: number, random: Random): [baseline: number, candidate: number] {
  const u = random.uniform();
  if (u < (discordance + gain) / 2) return [0, 1];
  if (u < discordance) return [1, 0];
  return u < discordance + BOTH_RIGHT * (1 - discordance) ? [1, 1] : [0, 0];
}

/** What planning before the run must be told of these candidates. */
export const PLAN = {
  discordance: DISCORDANCE,
  alpha: 0.025,
  sides: 1,
  designEffect: 1 + (ROWS_PER_USER - 1) * USER_SHARE,
} as const;
