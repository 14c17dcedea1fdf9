import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { jobsQuery } from "../api/jobs.ts";
import { promotionQuery } from "../api/promotions.ts";
import { EvidenceView } from "../components/evidence/EvidenceView.tsx";
import { TrialEvidenceView } from "../components/evidence/TrialEvidenceView.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatInstant } from "../text/format.ts";

const route = getRouteApi("/deployments/$id");

/** One promotion, or rollback, and what it was decided by. */
export function DeploymentPage() {
  const { id } = route.useParams();
  const query = useQuery(promotionQuery(id));
  const { data } = query;
  const job = useQuery({ ...jobsQuery, refetchInterval: false }).data?.data.find(
    ({ promotion_id }) => promotion_id === id,
  );
  useTitle(data ? `${data.route}: ${data.model}` : id);
  const evidence = data?.evidence;
  return (
    <div className="page">
      <header className="page-head">
        <Link to="/deployments">Deployments</Link>
        <span aria-hidden="true">/</span>
        <h1>{data ? oneLine(`${data.model} in front of ${data.route}`) : id}</h1>
      </header>
      <Pending query={query} what="evidence" />
      {data && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label="The promotion">
          <p>
            {formatInstant(data.created)}: in place of {oneLine(data.previous)}
            {data.rollback_of !== null && (
              <>
                , as a{" "}
                <Link to="/deployments/$id" params={{ id: data.rollback_of }}>
                  rollback
                </Link>
              </>
            )}
            {job && (
              <>
                , by a{" "}
                <Link to="/jobs/$id" params={{ id: job.id }}>
                  job
                </Link>
              </>
            )}
          </p>
          {evidence &&
            ("examples" in evidence ? <EvidenceView evidence={evidence} /> : <TrialEvidenceView evidence={evidence} />)}
          {!evidence && <p className="note">It was somebody’s word: nothing was compared.</p>}
        </div>
      )}
    </div>
  );
}
