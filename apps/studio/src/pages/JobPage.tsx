import type { JobDetail } from "@flywheel/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { cancelJob, isOver, jobQuery, useLiveJob } from "../api/jobs.ts";
import { EvidenceView } from "../components/evidence/EvidenceView.tsx";
import { jobShare, jobText } from "../components/jobs/job-text.ts";
import { LossCurve } from "../components/jobs/LossCurve.tsx";
import { FactList } from "../components/shell/FactList.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatCount, formatInstant, formatSeconds } from "../text/format.ts";

const route = getRouteApi("/jobs/$id");

/** One job: how it goes, while it goes, and what came of it. */
export function JobPage() {
  const { id } = route.useParams();
  const query = useQuery(jobQuery(id));
  const { data } = query;
  useTitle(data?.candidate ?? id);
  useLiveJob(data);
  return (
    <div className="page">
      <header className="page-head">
        <Link to="/jobs">Jobs</Link>
        <span aria-hidden="true">/</span>
        <h1>{oneLine(data?.candidate ?? id)}</h1>
      </header>
      <Pending query={query} what="job's facts" />
      {data && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label="The job">
          <State job={data} />
          <Facts job={data} />
          {data.training && data.curve.length > 0 && <LossCurve curve={data.curve} steps={data.progress?.steps ?? 1} />}
          {data.evidence && <EvidenceView evidence={data.evidence} />}
        </div>
      )}
    </div>
  );
}

function State({ job }: { job: JobDetail }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState("");
  const cancel = async (): Promise<void> => {
    setProblem("");
    await cancelJob(job.id).catch((error: Error) => setProblem(error.message));
    await client.invalidateQueries(jobQuery(job.id));
  };
  return (
    <div className="job-state">
      <p role="status" className={job.status === "failed" ? "problem" : undefined}>
        {oneLine(jobText(job))}
      </p>
      {!isOver(job) && (
        <>
          <progress aria-label="Done so far" value={jobShare(job)} />
          <button type="button" className="button" onClick={() => void cancel()}>
            Cancel the job
          </button>
        </>
      )}
      {job.promotion_id !== null && (
        <Link to="/deployments/$id" params={{ id: job.promotion_id }}>
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

function Facts({ job }: { job: JobDetail }) {
  const { training, report, promotion, created, dataset } = job;
  const rows: [string, string][] = [
    ["Begun", formatInstant(created)],
    ...(training
      ? ([
          ["Model", `${training.model}, ${training.method}, trainer ${training.trainer}`],
          ["Hyperparameters", Object.entries(training.hyperparameters).map(([name, value]) => `${name} ${value}`).join(", ")], // prettier-ignore
        ] satisfies [string, string][])
      : []),
    ...(promotion
      ? ([
          [
            "Promotion",
            `in front of ${promotion.route}${promotion.protect.length > 0 ? `, protecting ${promotion.protect.join(", ")}` : ""}`,
          ],
        ] satisfies [string, string][]) // prettier-ignore
      : []),
    ...(report
      ? ([
          [
            "Trained",
            `${formatCount(report.steps)} steps, ${formatCount(report.tokens)} tokens, ${formatSeconds(report.seconds)}`,
          ],
        ] satisfies [string, string][]) // prettier-ignore
      : []),
    ...(report?.validation_loss
      ? ([
          [
            "Loss, not learned from",
            `${report.validation_loss.before.toFixed(3)} → ${report.validation_loss.after.toFixed(3)}`,
          ],
        ] satisfies [string, string][]) // prettier-ignore
      : []),
    ...(report && report.too_long > 0
      ? ([["Left out", `${formatCount(report.too_long)} texts longer than the model's context`]] satisfies [
          string,
          string,
        ][]) // prettier-ignore
      : []),
  ];
  const learned = (
    <Link to="/datasets/$name" params={{ name: dataset }}>
      {oneLine(dataset)}
    </Link>
  );
  return <FactList facts={[...rows.map(([name, value]) => [name, oneLine(value)] as const), ["Dataset", learned]]} />;
}
