import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobsQuery } from "../api/jobs.ts";
import { jobText } from "../components/jobs/job-text.ts";
import { Empty } from "../components/shell/Empty.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useRowKeys } from "../components/shell/row-keys.ts";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatTime } from "../text/format.ts";
import { GridHead } from "../components/shell/GridHead.tsx";

/** Fine-tune jobs, the newest first. */
export function JobsPage() {
  const query = useQuery(jobsQuery);
  const { data } = query;
  const jobs = data?.data ?? [];
  useTitle("Jobs");
  useRowKeys(jobs.map(({ id }) => id));
  return (
    <div className="page">
      <div className="toolbar">
        <h1 className="page-title">Jobs</h1>
      </div>
      <Pending query={query} what="jobs" />
      {data && jobs.length === 0 && <NoJobs />}
      {jobs.length > 0 && (
        <div className="scroller" tabIndex={0} role="group" aria-label="List of jobs">
          <table className="grid">
            <GridHead columns={["Candidate", ["Dataset", "wide"], "State", ["Begun", "wide"]]} />
            <tbody>
              {jobs.map((job) => (
                <tr key={job.id}>
                  <th scope="row">
                    <Link to="/jobs/$id" params={{ id: job.id }} id={job.id}>
                      {oneLine(job.candidate)}
                    </Link>
                  </th>
                  <td className="wide">
                    <Link to="/datasets/$name" params={{ name: job.dataset }}>
                      {oneLine(job.dataset)}
                    </Link>
                  </td>
                  <td className={job.status === "failed" ? "state problem" : "state"} title={oneLine(jobText(job))}>
                    {oneLine(jobText(job))}
                  </td>
                  <td className="wide">{formatTime(job.created)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

const NoJobs = () => (
  <Empty title="Nothing was tuned yet" command="flywheel tune triage --promote-if better --route fast">
    A job makes a better model of a dataset, and puts it to use where it is shown to be better.
  </Empty>
);
