import { decide, DEFAULT_RULES, nextLevel, type PairedScore } from "../src/decision/index.ts";
import type { Random } from "../src/statistics/index.ts";

/** A route whose held-out users stay the same while one candidate after another is compared with who is in front. */
export interface Succession {
  turns: number;
  examples: number;
  /** By how much the candidate of a turn is truly better than who is in front then. */
  gainOf(turn: number): number;
  /** Each decision at the level that the ones before left it, or each as if it were the only one. */
  isBudgeted: boolean;
}

/** Of one route. */
export interface SuccessionResult {
  /** Candidates promoted that were no better. */
  wrong: number;
  /** Candidates promoted that were better, and how many of these there were. */
  found: number;
  better: number;
}

const ROWS_PER_USER = 4;
/** How much of being right is a matter of the user, not of the row. */
const USER_SHARE = 0.15;
const DISCORDANCE = 0.2;
const FIRST_ACCURACY = 0.5;

/** Which model is right is drawn from those in front before it, so that luck with these users is handed on as it would be. */
export function runSuccession({ turns, examples, gainOf, isBudgeted }: Succession, random: Random): SuccessionResult {
  let front = drawRight(examples, () => FIRST_ACCURACY, random);
  let accuracy = FIRST_ACCURACY;
  const made: { promoted: boolean }[] = [];
  const result = { wrong: 0, found: 0, better: 0 };
  for (let turn = 0; turn < turns; turn++) {
    const gain = gainOf(turn);
    const gained = (DISCORDANCE + gain) / 2 / (1 - accuracy);
    const lost = (DISCORDANCE - gain) / 2 / accuracy;
    const candidate = drawRight(examples, (row) => (front[row] === 1 ? 1 - lost : gained), random);
    const alpha = isBudgeted ? nextLevel(made).alpha : DEFAULT_RULES.alpha;
    const { promoted } = decide(paired(front, candidate), { alpha });
    made.push({ promoted });
    if (gain > 0) result.better++;
    if (!promoted) continue;
    if (gain > 0) result.found++;
    else result.wrong++;
    [front, accuracy] = [candidate, accuracy + gain];
  }
  return result;
}

function drawRight(examples: number, chanceOf: (row: number) => number, random: Random): number[] {
  let usual = 0;
  return Array.from({ length: examples }, (_, row) => {
    if (row % ROWS_PER_USER === 0) usual = random.uniform();
    const luck = random.uniform() < Math.sqrt(USER_SHARE) ? usual : random.uniform();
    return Number(luck < chanceOf(row));
  });
}

function paired(front: readonly number[], candidate: readonly number[]): PairedScore[] {
  return front.map((baseline, row) => ({ id: String(row), user: `u${Math.floor(row / ROWS_PER_USER)}`, baseline, candidate: candidate[row]! })); // prettier-ignore
}
