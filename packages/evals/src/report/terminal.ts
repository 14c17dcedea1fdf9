import type { EvalRun, HumanEstimate, JudgePosition, MeanInterval } from "@flywheel/protocol";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function intervalText({ estimate, low, high }: MeanInterval): string {
  const range = low === null || high === null ? "too few rows for an interval" : `${percent(low)} to ${percent(high)}`;
  return `${percent(estimate)} (${range})`;
}

function positionText({ pairs, consistent, first_preferred }: JudgePosition): string {
  const others = first_preferred ? `; of the others, for what stood first ${intervalText(first_preferred)}` : "";
  return `of ${pairs} pairs the judge said the same in both orders of ${intervalText(consistent)}${others}`;
}

/** What people would say of a judge's rows, or why that is not known. */
export function humanText({ mean, reason, labels, effective_labels, judge_above }: HumanEstimate): string {
  if (!mean) return `people: not known, ${reason}; \`--label <rows>\` writes answers out to be labelled`;
  const worth = Math.round(effective_labels!);
  return `people: ${intervalText(mean)} from ${labels} labels, with the judge worth ${worth}; judge − people ${pointsText(judge_above!)}`;
}

const points = (share: number) => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
const pointsText = ({ estimate, low, high }: MeanInterval) =>
  `${points(estimate)} points (${low === null || high === null ? "not known" : `${points(low)} to ${points(high)}`})`;

/** A run as lines of text for a terminal. */
export function terminalReport(run: EvalRun): string[] {
  const width = Math.max(8, ...run.evaluators.flatMap(({ name, slices }) => [name.length, ...Object.keys(slices).map((slice) => slice.length + 2)])); // prettier-ignore
  const lines = [
    `${run.name} · ${run.model} · ${run.rows} rows of ${run.users} ${run.users === run.rows ? "rows alone" : "users"}`,
  ];
  if (run.unanswered > 0) lines.push(`${run.unanswered} rows were not answered and count as wrong`);
  for (const { name, mean, scored, failures, inapplicable, human, position, slices } of run.evaluators) {
    const failed = `${failures > 0 ? `  ${failures} could not be scored` : ""}${inapplicable > 0 ? `  ${inapplicable} rows are nothing for it` : ""}`;
    lines.push(`  ${name.padEnd(width)}  ${mean ? intervalText(mean) : "nothing scored"}  n ${scored}${failed}`);
    if (human) lines.push(`    ${humanText(human)}`);
    if (position) lines.push(`    ${positionText(position)}`);
    for (const [slice, part] of Object.entries(slices))
      lines.push(`    ${slice.padEnd(width - 2)}  ${intervalText(part)}  n ${part.scored}`);
  }
  if (run.comparison) lines.push(...comparisonLines(run.comparison));
  if (run.variability) lines.push(...variabilityLines(run.variability));
  for (const { rule, passed, detail } of run.gate.checks)
    lines.push(`  gate: ${rule}: ${passed ? "met" : "NOT MET"} (${detail})`);
  return lines;
}

function comparisonLines({
  against,
  evaluator,
  baseline,
  candidate,
  difference,
  p,
}: NonNullable<EvalRun["comparison"]>): string[] {
  const test = p === null ? "" : `, McNemar p ${p.toFixed(4)}`;
  return [
    `  against ${against}, ${evaluator}: ${percent(baseline)} → ${percent(candidate)}, difference ${intervalText(difference)}${test}`,
  ];
}

function variabilityLines({
  variants,
  mean,
  min,
  max,
  deviation,
  disagreement,
}: NonNullable<EvalRun["variability"]>): string[] {
  const sorted = variants.toSorted((a, b) => a.mean - b.mean);
  return [
    `  asked in ${variants.length} ways: mean ${intervalText(mean)}, ${percent(min)} (${sorted[0]!.name}) to ${percent(max)} (${sorted.at(-1)!.name})`,
    `    deviation between ways ${percent(deviation)}; two ways disagree on ${intervalText(disagreement)} of the rows`,
  ];
}
