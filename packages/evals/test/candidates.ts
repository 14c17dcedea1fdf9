import type { PairedScore } from "../src/decision/index.ts";
import type { Random } from "../src/statistics/index.ts";

/** A made-up candidate: how much better it is, on the protected slice too, and how its users are. */
export interface CandidateKind {
  effect: number;
  /** On the protected slice, a quarter of the examples. */
  sliceEffect: number;
  examples: number;
}

export const SLICE = "protected";
const DISCORDANCE = 0.2;
const ROWS_PER_USER = 4;
/** How much of the differences is a matter of the user, not of the row. */
const USER_SHARE = 0.15;

/** Right or wrong answers of both models, alike within a user: a user draws one of its outcomes once and repeats it. */
export function drawCandidate({ effect, sliceEffect, examples }: CandidateKind, random: Random): PairedScore[] {
  const scores: PairedScore[] = [];
  for (let user = 0; scores.length < examples; user++) {
    const isProtected = user % 4 === 0;
    const gain = isProtected ? sliceEffect : effect;
    const usual = outcome(gain, random);
    for (let row = 0; row < ROWS_PER_USER && scores.length < examples; row++) {
      const [baseline, candidate] = random.uniform() < Math.sqrt(USER_SHARE) ? usual : outcome(gain, random);
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

function outcome(gain: number, random: Random): [baseline: number, candidate: number] {
  const u = random.uniform();
  if (u < (DISCORDANCE + gain) / 2) return [0, 1];
  if (u < DISCORDANCE) return [1, 0];
  return u < 0.8 ? [1, 1] : [0, 0];
}

/** What planning before the run must be told of these candidates. */
export const PLAN = {
  discordance: DISCORDANCE,
  alpha: 0.025,
  sides: 1,
  designEffect: 1 + (ROWS_PER_USER - 1) * USER_SHARE,
} as const;
