import type { JobDetail } from "@flywheel/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { cancelJob, isOver, jobQuery, useLiveJob } from "../api/jobs.ts";
import { EvidenceView } from "../components/evidence/EvidenceView.tsx";
import { jobShare, jobText } from "../components/jobs/job-text.ts";
import { LossCurve } from "../components/jobs/LossCurve.tsx";
import { DetailPage } from "../components/shell/DetailPage.tsx";
import { FactList } from "../components/shell/FactList.tsx";
import { StopButton } from "../components/shell/StopButton.tsx";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatInstant, formatSeconds } from "../text/format.ts";

const route = getRouteApi("/jobs/$id");

/** One job: how it goes, while it goes, and what came of it. */
export function JobPage() {
  const { id } = route.useParams();
  const query = useQuery(jobQuery(id));
  const { data } = query;
  useLiveJob(data);
  return (
    <DetailPage
      list={{ to: "/jobs", name: "Jobs" }}
      query={query}
      what="job's facts"
      label="The job"
      title={data?.candidate ?? id}
    >
      {(job) => (
        <>
          <State job={job} />
          <Facts job={job} />
          {job.training && job.curve.length > 0 && <LossCurve curve={job.curve} steps={job.progress?.steps ?? 1} />}
          {job.evidence && <EvidenceView evidence={job.evidence} />}
        </>
      )}
    </DetailPage>
  );
}

function State({ job }: { job: JobDetail }) {
  const client = useQueryClient();
  const cancel = () => cancelJob(job.id).finally(() => client.invalidateQueries(jobQuery(job.id)));
  return (
    <div className="job-state">
      <p role="status" className={job.status === "failed" ? "problem" : undefined}>
        {oneLine(jobText(job))}
      </p>
      {!isOver(job) && (
        <>
          <progress aria-label="Done so far" value={jobShare(job)} />
          <StopButton stop={cancel}>Cancel the job</StopButton>
        </>
      )}
      {job.promotion_id !== null && (
        <Link to="/deployments/$id" params={{ id: job.promotion_id }}>
          The promotion
        </Link>
      )}
    </div>
  );
}

function Facts({ job }: { job: JobDetail }) {
  const { training, report, promotion, created, dataset } = job;
  const loss = report?.validation_loss;
  const rows: (readonly [name: string, value: string] | false | null | undefined)[] = [
    ["Begun", formatInstant(created)],
    training && ["Model", `${training.model}, ${training.method}, trainer ${training.trainer}`],
    training && ["Hyperparameters", listed(training.hyperparameters)],
    promotion && ["Promotion", `in front of ${promotion.route}${protecting(promotion.protect)}`],
    report && ["Trained", `${formatCount(report.steps)} steps, ${formatCount(report.tokens)} tokens, ${formatSeconds(report.seconds)}`], // prettier-ignore
    loss && ["Loss, not learned from", `${loss.before.toFixed(3)} → ${loss.after.toFixed(3)}`],
    report &&
      report.too_long > 0 && ["Left out", `${formatCount(report.too_long)} texts longer than the model's context`],
  ];
  const learned = (
    <Link to="/datasets/$name" params={{ name: dataset }}>
      {oneLine(dataset)}
    </Link>
  );
  const facts = rows.filter((row) => !!row).map(([name, value]) => [name, oneLine(value)] as const);
  return <FactList facts={[...facts, ["Dataset", learned]]} />;
}

const listed = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const protecting = (slices: readonly string[]): string =>
  slices.length > 0 ? `, protecting ${slices.join(", ")}` : "";
