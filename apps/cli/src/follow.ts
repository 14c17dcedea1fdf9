import { FlywheelError, type Job } from "@flywheel/protocol";
import { readRunFile } from "@flywheel/server";
import type { AppCommand } from "./app-command.ts";
import { evidenceLines, followJob } from "./job.ts";

const GATE_NOT_MET = 4;

/** `flywheel jobs follow`: what `flywheel tune` shows, of a job that somebody else began. */
export const followCommand: AppCommand = {
  usage: "jobs follow <id>",
  summary: "watch a job until it is over; to leave it does not end it",
  examples: ["flywheel jobs follow job_0199…", "flywheel jobs follow job_0199… --json"],
  async run(context, [id]) {
    const { api, out, json, place } = context;
    const client = await api();
    const { finished } = await client.get<Job>(`/api/jobs/${encodeURIComponent(id!)}`);
    if (finished === null && !readRunFile(place.dataDir)?.base_url)
      throw new FlywheelError("conflict", { reason: `The job ${id} waits for a server. \`flywheel dev\` goes on with it.` }); // prettier-ignore
    const job = await followJob(context, id!);
    if (json) out(JSON.stringify(job));
    else {
      out(`${job.candidate} of ${job.dataset}: ${job.status}`);
      if (job.evidence) evidenceLines(job.evidence).forEach(out);
    }
    return job.evidence && !job.evidence.promoted ? GATE_NOT_MET : 0;
  },
};
