import type { EvalRunDetail, EvalScore, EvaluatorResult, HumanEstimate, PromptVariability } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { oneLine } from "../../text/escape.ts";
import { formatCount, formatInstant, formatSeconds, NONE } from "../../text/format.ts";
import { formatInterval, formatPercent, formatPoints, formatRange } from "../../text/interval.ts";
import { IntervalPlot } from "../evidence/IntervalPlot.tsx";
import { FactList } from "../shell/FactList.tsx";
import { GridHead } from "../shell/GridHead.tsx";

export function RunView({ run }: { run: EvalRunDetail }) {
  const { gate, evaluators, comparison, variability, scores } = run;
  const measured = meansOf(evaluators);
  return (
    <section className="evidence" aria-label="Run">
      <p className={gate.passed ? "verdict" : "verdict rejected"}>
        <strong>{gate.passed ? "The gate is met." : "The gate is not met."}</strong>{" "}
        {gate.checks.length === 0 ? "Nothing is asked for." : ""}
      </p>
      {gate.checks.length > 0 && (
        <FactList
          facts={gate.checks.map(({ rule, passed, detail }) => [
            oneLine(rule),
            `${passed ? "met" : "not met"}: ${oneLine(detail)}`,
          ])}
        />
      )}
      {measured.length > 0 && (
        <figure>
          <figcaption>Mean scores, with 95 % intervals</figcaption>
          <IntervalPlot
            label={measured.map(({ name, interval }) => `${name} ${formatInterval(interval)}`).join("; ")}
            range={[0, 1]}
            format={formatPercent}
            rows={measured}
          />
        </figure>
      )}
      <FactList
        facts={[
          ...evaluators.flatMap(evaluatorFacts),
          ...(comparison
            ? [[`Against ${oneLine(comparison.against)}`, `${formatPoints(comparison.difference.estimate)} points (${formatRange(comparison.difference, formatPoints)})${comparison.p === null ? "" : `, p = ${comparison.p.toPrecision(2)}`}`] as const] // prettier-ignore
            : []),
          ["Model", oneLine(run.model)],
          ["Examples", `${formatCount(run.rows)} of ${formatCount(run.users)} users; ${formatCount(run.unanswered)} unanswered; ${formatCount(run.reused)} answers kept from before`], // prettier-ignore
          ["Run", `${formatInstant(run.created)}, ${formatSeconds(run.seconds)}`],
        ]}
      />
      {variability && <Variability variability={variability} />}
      <Scores scores={scores} />
    </section>
  );
}

function evaluatorFacts({ name, mean, scored, failures, human }: EvaluatorResult): [string, string][] {
  const failed = failures > 0 ? `; ${formatCount(failures)} could not be scored` : "";
  return [
    [oneLine(name), `${mean ? formatInterval(mean) : NONE} of ${formatCount(scored)}${failed}`],
    ...(human ? [[`${oneLine(name)}, by people`, humanText(human)] as [string, string]] : []),
  ];
}

function humanText({ mean, reason, labels, effective_labels, judge_above }: HumanEstimate): string {
  if (!mean) return `not known: ${oneLine(reason)}`;
  const above = `${formatPoints(judge_above!.estimate)} points (${formatRange(judge_above!, formatPoints)})`;
  return `${formatInterval(mean)} from ${formatCount(labels)} labels, with the judge worth ${formatCount(Math.round(effective_labels!))}; judge − people ${above}`;
}

/** What was measured, and where people gave labels what they would say. */
const meansOf = (evaluators: readonly EvaluatorResult[]) =>
  evaluators.flatMap(({ name, mean, human }) => [
    ...(mean ? [{ name: oneLine(name), interval: mean, isStrong: !human?.mean }] : []),
    ...(human?.mean ? [{ name: `${oneLine(name)}, by people`, interval: human.mean, isStrong: true }] : []),
  ]);

function Variability({ variability }: { variability: PromptVariability }) {
  const { variants, mean, min, max, deviation, disagreement } = variability;
  return (
    <>
      <h2>The same, asked in other words</h2>
      <FactList
        facts={[
          ["Mean over the ways", formatInterval(mean)],
          ["Spread", `${formatPercent(min)} to ${formatPercent(max)}, deviation ${formatPercent(deviation)}`],
          ["Two ways disagree", `about ${formatInterval(disagreement)} of the examples`],
          ...variants.map((variant) => [oneLine(variant.name), formatPercent(variant.mean)] as const),
        ]}
      />
    </>
  );
}

const SHOWN = 200;

/** The worst first. */
function Scores({ scores }: { scores: readonly EvalScore[] }) {
  const sorted = scores.toSorted((a, b) => (a.score ?? -1) - (b.score ?? -1)).slice(0, SHOWN);
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label="Scores, the lowest first">
      <table className="grid scores">
        <GridHead columns={["Example", "Evaluator", ["Score", "number"], ["Why", "wide"], "Answer"]} />
        <tbody>
          {sorted.map(({ example, evaluator, score, detail, generation_id }) => (
            <tr key={`${example} ${evaluator}`}>
              <th scope="row">{oneLine(example)}</th>
              <td>{oneLine(evaluator)}</td>
              <td className="number">{score === null ? "not scored" : score.toFixed(2)}</td>
              <td className="wide state" title={oneLine(detail)}>
                {oneLine(detail)}
              </td>
              <td>
                {generation_id !== "" && (
                  <Link to="/logs/$id" params={{ id: generation_id }}>
                    …{generation_id.slice(-6)}
                  </Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {scores.length > SHOWN && (
        <p className="note">
          The lowest {formatCount(SHOWN)} of {formatCount(scores.length)} scores.
        </p>
      )}
    </div>
  );
}
