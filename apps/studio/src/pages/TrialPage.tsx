import type { TrialDetail } from "@flywheel/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { stopTrial, trialQuery } from "../api/trials.ts";
import { TrialEvidenceView } from "../components/evidence/TrialEvidenceView.tsx";
import { FactList } from "../components/shell/FactList.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatInstant } from "../text/format.ts";
import { formatPercent } from "../text/interval.ts";

const route = getRouteApi("/trials/$id");

/** A candidate in canary or in shadow: what users say of it, while they do, and what it came to. */
export function TrialPage() {
  const { id } = route.useParams();
  const query = useQuery(trialQuery(id));
  const { data } = query;
  useTitle(data ? `${data.candidate} on trial` : id);
  return (
    <div className="page">
      <header className="page-head">
        <Link to="/deployments">Deployments</Link>
        <span aria-hidden="true">/</span>
        <h1>{data ? oneLine(`${data.candidate} on trial on ${data.route}`) : id}</h1>
      </header>
      <Pending query={query} what="trial" />
      {data && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label="The trial">
          <State trial={data} />
          <Facts trial={data} />
          {data.now && <TrialEvidenceView evidence={data.now} />}
        </div>
      )}
    </div>
  );
}

function State({ trial }: { trial: TrialDetail }) {
  const { id, outcome, reason, promotion } = trial;
  const client = useQueryClient();
  const [problem, setProblem] = useState("");
  const stop = async (): Promise<void> => {
    setProblem("");
    await stopTrial(id).catch((error: Error) => setProblem(error.message));
    await client.invalidateQueries(trialQuery(id));
  };
  return (
    <div className="job-state">
      <p role="status">{oneLine([outcome ?? "running", reason].filter(Boolean).join(": "))}</p>
      {outcome === null && (
        <button type="button" className="button" onClick={() => void stop()}>
          Stop the trial
        </button>
      )}
      {promotion !== null && (
        <Link to="/deployments/$id" params={{ id: promotion }}>
          The promotion
        </Link>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Facts({ trial }: { trial: TrialDetail }) {
  const { created, ended, baseline, kind, share, evaluator, most_users } = trial;
  const of = kind === "canary" ? "of the users" : "of the requests";
  return (
    <FactList
      facts={[
        ["Begun", formatInstant(created)],
        ...(ended === null ? [] : [["Ended", formatInstant(ended)] as const]),
        ["Against", oneLine(baseline)],
        [kind === "canary" ? "Canary" : "Shadow", `${formatPercent(share)} ${of}, scored by ${evaluator}`],
        ["Ends at the latest", `when ${formatCount(most_users)} users had their say`],
      ]}
    />
  );
}
