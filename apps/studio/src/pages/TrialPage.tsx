import type { TrialDetail } from "@flywheel/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { stopTrial, trialQuery } from "../api/trials.ts";
import { TrialEvidenceView } from "../components/evidence/TrialEvidenceView.tsx";
import { DetailPage } from "../components/shell/DetailPage.tsx";
import { FactList } from "../components/shell/FactList.tsx";
import { StopButton } from "../components/shell/StopButton.tsx";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatInstant } from "../text/format.ts";
import { formatPercent } from "../text/interval.ts";

const route = getRouteApi("/trials/$id");

/** A candidate in canary or in shadow: what users say of it, while they do, and what it came to. */
export function TrialPage() {
  const { id } = route.useParams();
  const query = useQuery(trialQuery(id));
  const { data } = query;
  return (
    <DetailPage
      list={{ to: "/deployments", name: "Deployments" }}
      query={query}
      what="trial"
      label="The trial"
      title={data ? `${data.candidate} on trial` : id}
      heading={data ? `${data.candidate} on trial on ${data.route}` : id}
    >
      {(trial) => (
        <>
          <State trial={trial} />
          <Facts trial={trial} />
          {trial.now && <TrialEvidenceView evidence={trial.now} />}
        </>
      )}
    </DetailPage>
  );
}

function State({ trial }: { trial: TrialDetail }) {
  const { id, outcome, reason, promotion } = trial;
  const client = useQueryClient();
  const stop = () => stopTrial(id).finally(() => client.invalidateQueries(trialQuery(id)));
  return (
    <div className="job-state">
      <p role="status">{oneLine([outcome ?? "running", reason].filter(Boolean).join(": "))}</p>
      {outcome === null && <StopButton stop={stop}>Stop the trial</StopButton>}
      {promotion !== null && (
        <Link to="/deployments/$id" params={{ id: promotion }}>
          The promotion
        </Link>
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
