import type { TrialEvidence } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatCount, NONE } from "../../text/format.ts";
import { formatPercent, formatPoints, reachOf } from "../../text/interval.ts";
import { FactList } from "../shell/FactList.tsx";
import { IntervalPlot } from "./IntervalPlot.tsx";

const percent = (share: number | null): string => (share === null ? NONE : formatPercent(share));

/** What users said of two models while both served. */
export function TrialEvidenceView({ evidence }: { evidence: TrialEvidence }) {
  const { users, answers, failures, means, difference } = evidence;
  const reach = reachOf(difference);
  const rows: [string, ReactNode][] = [
    ["Users", formatCount(users)],
    ["Mean score", `baseline ${percent(means.baseline)} · candidate ${percent(means.candidate)}`],
    ["Answers with a score", `baseline ${formatCount(answers.baseline)} · candidate ${formatCount(answers.candidate)}`],
    ["Failed answers", `baseline ${formatCount(failures.baseline)} · candidate ${formatCount(failures.candidate)}`],
    ["Trial", <Link key="trial" to="/trials/$id" params={{ id: evidence.trial }}>{evidence.trial}</Link>], // prettier-ignore
  ];
  return (
    <section className="evidence" aria-label="Evidence">
      {users === 0 && <p className="note">Nobody has said anything yet.</p>}
      {users > 0 && (
        <figure>
          <figcaption>
            Candidate minus baseline, in points: a confidence sequence, which holds at all looks together
          </figcaption>
          <IntervalPlot
            label={`Difference ${formatPoints(difference.estimate)} points`}
            range={[-reach, reach]}
            format={formatPoints}
            mark={0}
            rows={[{ name: "difference", interval: difference, isStrong: true }]}
          />
        </figure>
      )}
      <FactList facts={rows} />
    </section>
  );
}
