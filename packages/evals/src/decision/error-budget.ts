import type { DecisionLevel } from "@flywheel/protocol";
import { DEFAULT_RULES } from "./decide.ts";

/** How often all decisions of a route together, however many there are, may promote what they should not. */
export const ROUTE_ERROR = 0.05;

/**
 * The level of the next decision on a route. The t-th has `ROUTE_ERROR`/(t(t + 1)) of its own, of which all there can ever
 * be add up to `ROUTE_ERROR`; a decision that promoted gives what it had to the next (the fallback procedure: Wiens 2003;
 * online: Tian & Ramdas 2021, "Online control of the familywise error rate"). None has more than a single one.
 *
 * That the chance of ever promoting wrongly is at most `ROUTE_ERROR` needs nothing of how decisions hang together, as they do
 * where the same users decide each time. Let the t-th be the first that is wrong: those right before it that gave it their
 * levels were right, and give them to no other that may be the first wrong one; so the levels that can be wrong add up
 * to no more than all shares.
 *
 * @param earlier decisions on this route, oldest first
 */
export function nextLevel(earlier: readonly { promoted: boolean }[]): DecisionLevel {
  let inherited = 0;
  const levelOf = (nth: number) => Math.min(DEFAULT_RULES.alpha, ROUTE_ERROR / (nth * (nth + 1)) + inherited);
  earlier.forEach(({ promoted }, i) => {
    inherited = promoted ? levelOf(i + 1) : 0;
  });
  const nth = earlier.length + 1;
  return { nth, alpha: levelOf(nth) };
}
