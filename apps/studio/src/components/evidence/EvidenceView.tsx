import type { Evidence, EvidenceSlice } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { oneLine } from "../../text/escape.ts";
import { formatCount, formatInstant, formatSeconds, NONE } from "../../text/format.ts";
import { formatInterval, formatLevel, formatPercent, formatPoints, formatRange, reachOf } from "../../text/interval.ts";
import { FactList } from "../shell/FactList.tsx";
import { ChangedTable } from "./ChangedTable.tsx";
import { IntervalPlot } from "./IntervalPlot.tsx";
import { GridHead } from "../shell/GridHead.tsx";

/** What a decision was made by: everything that one would need to argue with it. */
export function EvidenceView({ evidence }: { evidence: Evidence }) {
  const { promoted, reason, baseline, candidate, difference, slices, changed } = evidence;
  const reach = reachOf(difference);
  return (
    <section className="evidence" aria-label="Evidence">
      <p className={promoted ? "verdict" : "verdict rejected"}>
        <strong>{promoted ? "Promoted." : "Not promoted."}</strong> {oneLine(reason)}
      </p>
      <div className="evidence-plots">
        <figure>
          <figcaption>Right answers, with 95 % intervals</figcaption>
          <IntervalPlot
            label={`Right answers: baseline ${formatPercent(baseline.estimate)}, candidate ${formatPercent(candidate.estimate)}`}
            range={[0, 1]}
            format={formatPercent}
            rows={[
              { name: "baseline", interval: baseline },
              { name: "candidate", interval: candidate, isStrong: true },
            ]}
          />
        </figure>
        <figure>
          <figcaption>Candidate minus baseline, in points</figcaption>
          <IntervalPlot
            label={`Difference ${formatPoints(difference.estimate)} points, ${formatRange(difference, formatPoints)}`}
            range={[-reach, reach]}
            format={formatPoints}
            mark={evidence.margin}
            rows={[{ name: "difference", interval: difference, isStrong: true }]}
          />
        </figure>
      </div>
      <Figures evidence={evidence} />
      {slices.length > 0 && <Slices slices={slices} margin={evidence.slice_margin} />}
      {changed.length > 0 && <ChangedTable changed={changed} />}
    </section>
  );
}

function Figures({ evidence }: { evidence: Evidence }) {
  const { baseline, candidate, difference, outcomes, failures, constant } = evidence;
  const rows: [string, ReactNode][] = [
    ["Baseline", `${oneLine(evidence.baseline_model)}: ${formatInterval(baseline)}`],
    ["Candidate", `${oneLine(evidence.candidate_model)}: ${formatInterval(candidate)}`],
    [
      "Difference",
      `${formatPoints(difference.estimate)} points (${formatRange(difference, formatPoints)}), p ${evidence.p < 0.0001 ? "< 0.0001" : `= ${evidence.p.toPrecision(2)}`}`,
    ],
    ["Must be shown", `more than ${formatPoints(evidence.margin)} points, at ${formatLevel(evidence.alpha)} one-sided`],
    [
      "Decision",
      `${formatCount(evidence.nth)} on ${oneLine(evidence.route)}; all of them together promote what is no better in 5 % of the cases at most`,
    ],
    ["One answer to all", constant === null ? NONE : `${formatPercent(constant)} right`],
    ["Held-out examples", `${formatCount(evidence.examples)} of ${formatCount(evidence.users)} users`],
    ["They find", `a difference of ${(100 * evidence.detectable).toFixed(1)} points in 80 % of the cases`],
    [
      "Who was right",
      `both ${formatCount(outcomes.both)} · only the candidate ${formatCount(outcomes.only_candidate)} · only the baseline ${formatCount(outcomes.only_baseline)} · neither ${formatCount(outcomes.neither)}`,
    ],
    ["Failed requests", `baseline ${formatCount(failures.baseline)} · candidate ${formatCount(failures.candidate)}`],
    [
      "Dataset",
      <Link key="dataset" to="/datasets/$name" params={{ name: evidence.dataset }}>
        {oneLine(evidence.dataset)}
      </Link>,
    ],
    ["Asked", `${formatInstant(evidence.created)}, in ${formatSeconds(evidence.seconds)}`],
  ];
  return <FactList facts={rows} />;
}

function Slices({ slices, margin }: { slices: readonly EvidenceSlice[]; margin: number }) {
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label="Protected slices">
      <table className="grid">
        <GridHead
          columns={[
            "Protected slice",
            ["Examples", "number"],
            ["Baseline", "number"],
            ["Candidate", "number"],
            ["Difference, points", "number wide"],
            `No worse than ${formatPoints(-margin)}`,
          ]}
        />
        <tbody>
          {slices.map((slice) => (
            <tr key={slice.slice}>
              <th scope="row">{oneLine(slice.slice)}</th>
              <td className="number">{formatCount(slice.examples)}</td>
              <td className="number">{formatPercent(slice.baseline)}</td>
              <td className="number">{formatPercent(slice.candidate)}</td>
              <td className="number wide">{slice.difference ? formatRange(slice.difference, formatPoints) : NONE}</td>
              <td className={slice.worse ? "problem" : undefined}>
                {slice.worse ? "worse" : slice.safe ? "shown" : "not shown"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
