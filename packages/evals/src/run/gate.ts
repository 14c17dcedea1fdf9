import type { EvalComparison, EvaluatorResult, GateCheck } from "@flywheel/protocol";
import type { GateRule } from "flywheel";
import type { Definition } from "./definition.ts";

/** A rule in words. */
export const ruleText = (name: string, { atLeast, lowerBound = false }: GateRule): string =>
  `${name} ${lowerBound ? "surely " : ""}at least ${atLeast}`;

/** Whether a run may pass. A rule about what was not measured is not met. */
export function checkGate(
  { gate, noWorseThanBaseline }: Pick<Definition, "gate" | "noWorseThanBaseline">,
  results: readonly EvaluatorResult[],
  comparison: EvalComparison | null,
): { passed: boolean; checks: GateCheck[] } {
  const checks = Object.entries(gate).map(([name, given]): GateCheck => {
    const { atLeast, lowerBound = false } = given;
    const rule = ruleText(name, given);
    const mean = results.find((result) => result.name === name)?.mean;
    if (!mean) return { rule, passed: false, detail: "nothing was scored" };
    const value = lowerBound ? mean.low : mean.estimate;
    return {
      rule,
      passed: value !== null && value >= atLeast,
      detail: value === null ? "too few rows" : value.toFixed(3),
    };
  });
  if (noWorseThanBaseline) checks.push(checkBaseline(comparison));
  return { passed: checks.every(({ passed }) => passed), checks };
}

/** Not worse = not shown to be worse: the interval of the difference reaches 0. */
function checkBaseline(comparison: EvalComparison | null): GateCheck {
  const rule = "no worse than the baseline";
  if (!comparison) return { rule, passed: false, detail: "there was no baseline; say --against <model>" };
  const { estimate, low, high } = comparison.difference;
  const range = low === null || high === null ? "too few rows" : `${low.toFixed(3)} to ${high.toFixed(3)}`;
  return { rule, passed: high !== null && high >= 0, detail: `difference ${estimate.toFixed(3)} (${range})` };
}
