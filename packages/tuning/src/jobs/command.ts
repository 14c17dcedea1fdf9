import type { Command, Job, JobDetail, JobList } from "@flywheel/protocol";

/** `flywheel jobs` */
export const jobCommands: Command[] = [
  {
    usage: "jobs list",
    summary: "list fine-tune jobs, the newest first",
    examples: ["flywheel jobs list", "flywheel jobs list --json"],
    async run({ api, out, note, json }) {
      const { data } = await (await api()).get<JobList>("/api/jobs");
      for (const job of data) out(json ? JSON.stringify(job) : lineOf(job));
      if (data.length === 0) note("No job yet. `flywheel tune <dataset>` begins one.");
    },
  },
  {
    usage: "jobs show <id>",
    summary: "show what a job does, or what came of it",
    examples: ["flywheel jobs show job_0199…"],
    async run({ api, out, json }, [id]) {
      const job = await (await api()).get<JobDetail>(`/api/jobs/${encodeURIComponent(id!)}`);
      if (json) return out(JSON.stringify(job));
      out(lineOf(job));
      for (const { epoch, validation_loss } of job.curve)
        if (validation_loss !== undefined) out(`  epoch ${epoch + 1}  loss on what it does not learn from ${validation_loss.toFixed(3)}`); // prettier-ignore
      if (job.evidence) out(`  ${job.evidence.reason}`);
      if (job.error) out(`  ${job.error}`);
    },
  },
  {
    usage: "jobs cancel <id>",
    summary: "end a job; what it made so far is not served",
    examples: ["flywheel jobs cancel job_0199…"],
    async run({ api, out, json }, [id]) {
      const job = await (await api()).post<Job>(`/api/jobs/${encodeURIComponent(id!)}/cancel`, {});
      out(json ? JSON.stringify(job) : `${job.id} is cancelled.`);
    },
  },
];

function lineOf({ id, created, status, phase, dataset, candidate, progress, evidence }: Job): string {
  const when = new Date(created).toISOString().slice(0, 16).replace("T", " ");
  const how = status === "running" && phase === "training" && progress ? `  step ${progress.step}/${progress.steps}` : ""; // prettier-ignore
  const decided = evidence ? `  ${evidence.promoted ? "promoted" : "not promoted"}` : "";
  return `${when}  ${id}  ${status}${phase && ` (${phase})`}  ${candidate} of ${dataset}${how}${decided}`;
}
