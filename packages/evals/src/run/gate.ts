import type { EvalComparison, EvaluatorResult, GateCheck } from "@flywheel/protocol";
import type { GateRule } from "flywheel";
import type { Definition } from "./definition.ts";

/** A rule in words. */
export const ruleText = (name: string, { atLeast, lowerBound = false }: GateRule): string =>
  `${name} ${lowerBound ? "surely " : ""}at least ${atLeast}`;

/**
 * Whether a run may pass. A rule about what was not measured is not met, and a row that could not be scored counts as 0:
 * a judge that fails lets nothing through. Of a judge with human labels what people would say counts.
 */
export function checkGate(
  { gate, noWorseThanBaseline }: Pick<Definition, "gate" | "noWorseThanBaseline">,
  results: readonly EvaluatorResult[],
  comparison: EvalComparison | null,
): { passed: boolean; checks: GateCheck[] } {
  const resultOf = (name: string) => results.find((result) => result.name === name);
  const checks = Object.entries(gate).map(([name, rule]) => checkRule(name, rule, resultOf(name)));
  if (noWorseThanBaseline) checks.push(checkBaseline(comparison));
  return { passed: checks.every(({ passed }) => passed), checks };
}

function checkRule(name: string, given: GateRule, result: EvaluatorResult | undefined): GateCheck {
  const { atLeast, lowerBound = false } = given;
  const rule = ruleText(name, given);
  if (!result?.mean) return { rule, passed: false, detail: "nothing was scored" };
  const { human, scored, failures } = result;
  const mean = human ? human.mean : result.mean;
  if (!mean) return { rule, passed: false, detail: `what people would say is not known: ${human!.reason}` };
  const value = lowerBound ? mean.low : mean.estimate;
  if (value === null) return { rule, passed: false, detail: "too few rows" };
  const counted = (value * scored) / (scored + failures);
  const whose = human ? `, by ${human.labels} human labels` : "";
  const because = failures > 0 ? `, ${failures} rows that could not be scored counted as 0` : "";
  return { rule, passed: counted >= atLeast, detail: counted.toFixed(3) + whose + because };
}

/** Not worse = not shown to be worse: the interval of the difference reaches 0. */
function checkBaseline(comparison: EvalComparison | null): GateCheck {
  const rule = "no worse than the baseline";
  if (!comparison) return { rule, passed: false, detail: "there was no baseline; say --against <model>" };
  const { estimate, low, high } = comparison.difference;
  const range = low === null || high === null ? "too few rows" : `${low.toFixed(3)} to ${high.toFixed(3)}`;
  return { rule, passed: high !== null && high >= 0, detail: `difference ${estimate.toFixed(3)} (${range})` };
}
