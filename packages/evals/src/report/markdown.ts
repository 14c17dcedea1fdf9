import type { EvalRun, HumanEstimate } from "@flywheel/protocol";
import { intervalText } from "./terminal.ts";

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const humanRow = (name: string, { mean, reason, labels }: HumanEstimate) =>
  `| ${cell(name)}, by people | ${mean ? intervalText(mean) : cell(`not known: ${reason}`)} | ${labels} labels | |`;

/** A run as a page of Markdown, such as for a pull request. */
export function markdownReport(run: EvalRun): string {
  const { comparison, variability, gate } = run;
  return [
    `## ${cell(run.name)}: ${gate.passed ? "gate met" : "gate not met"}`,
    "",
    `${cell(run.model)}, ${run.rows} rows, ${run.users} users, ${run.unanswered} not answered`,
    "",
    "| evaluator | mean (95 % interval) | scored | could not be scored |",
    "|---|---|---|---|",
    ...run.evaluators.flatMap(({ name, mean, scored, failures, human, slices }) => [
      `| ${cell(name)} | ${mean ? intervalText(mean) : "–"} | ${scored} | ${failures} |`,
      ...(human ? [humanRow(name, human)] : []),
      ...Object.entries(slices).map(
        ([slice, part]) => `| – ${cell(slice)} | ${intervalText(part)} | ${part.scored} | |`,
      ),
    ]),
    "",
    ...(comparison
      ? [
          `Against ${cell(comparison.against)}: difference in ${cell(comparison.evaluator)} ${intervalText(comparison.difference)}`,
          "",
        ]
      : []),
    ...(variability
      ? [
          `Asked in ${variability.variants.length} ways: mean ${intervalText(variability.mean)}, ${(100 * variability.min).toFixed(1)} % to ${(100 * variability.max).toFixed(1)} %`,
          "",
        ]
      : []),
    ...gate.checks.map(
      ({ rule, passed, detail }) => `- ${passed ? "met" : "**not met**"}: ${cell(rule)} (${cell(detail)})`,
    ),
    "",
  ].join("\n");
}
