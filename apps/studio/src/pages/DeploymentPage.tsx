import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { jobsQuery } from "../api/jobs.ts";
import { promotionQuery } from "../api/promotions.ts";
import { EvidenceView } from "../components/evidence/EvidenceView.tsx";
import { TrialEvidenceView } from "../components/evidence/TrialEvidenceView.tsx";
import { DetailPage } from "../components/shell/DetailPage.tsx";
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
  return (
    <DetailPage
      list={{ to: "/deployments", name: "Deployments" }}
      query={query}
      what="evidence"
      label="The promotion"
      title={data ? `${data.route}: ${data.model}` : id}
      heading={data ? `${data.model} in front of ${data.route}` : id}
    >
      {({ created, previous, rollback_of, evidence }) => (
        <>
          <p>
            {formatInstant(created)}: in place of {oneLine(previous)}
            {rollback_of !== null && (
              <>
                , as a{" "}
                <Link to="/deployments/$id" params={{ id: rollback_of }}>
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
        </>
      )}
    </DetailPage>
  );
}
