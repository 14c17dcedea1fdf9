import type { Interval } from "./interval.ts";
import { wilson } from "./proportion.ts";

/** Cohen's κ (1960): agreement beyond what two raters with these habits would reach by chance. 1 = always, 0 = chance. */
export function cohensKappa(first: readonly string[], second: readonly string[]): number {
  const count = first.length;
  if (count === 0 || second.length !== count) throw new RangeError("Both raters must have rated the same rows.");
  const seen = first.filter((label, i) => label === second[i]).length / count;
  const share = (labels: readonly string[], label: string) => labels.filter((one) => one === label).length / count;
  const chance = [...new Set(first)].reduce((sum, label) => sum + share(first, label) * share(second, label), 0);
  return chance === 1 ? 1 : (seen - chance) / (1 - chance);
}

/** Which of two answers a judge preferred, after turning its verdict back to the answers' own order. */
export type Verdict = 1 | 2;

/** One pair judged in both orders; `null`: the judge failed or answered nonsense. */
export interface BothOrders {
  /** Answer 1 was shown first. */
  readonly asIs: Verdict | null;
  /** Answer 2 was shown first. */
  readonly swapped: Verdict | null;
}

export interface PositionBias {
  /** Pairs with two verdicts. */
  readonly pairs: number;
  readonly failures: number;
  /** Share of the pairs with the same verdict in both orders. */
  readonly consistent: Interval;
  /** Of the others, the share in which the answer shown first won both times: 0.5 = no bias. */
  readonly firstPreferred: Interval | null;
}

/** Whether a judge looks at the answers or at where they stand. */
export function positionBias(verdicts: readonly BothOrders[]): PositionBias {
  const whole = verdicts.filter(({ asIs, swapped }) => asIs !== null && swapped !== null);
  if (whole.length === 0) throw new RangeError("No pair has a verdict in both orders.");
  const swayed = whole.filter(({ asIs, swapped }) => asIs !== swapped);
  const first = swayed.filter(({ asIs }) => asIs === 1).length;
  return {
    pairs: whole.length,
    failures: verdicts.length - whole.length,
    consistent: wilson(whole.length - swayed.length, whole.length),
    firstPreferred: swayed.length === 0 ? null : wilson(first, swayed.length),
  };
}

/** The score of answer 2 in [0, 1]: what both orders say, a tie where they disagree, `null` where one failed. */
export function verdictScore({ asIs, swapped }: BothOrders): number | null {
  if (asIs === null || swapped === null) return null;
  return asIs === swapped ? asIs - 1 : 0.5;
}
