import type { CreateJob, Job, JobDetail, JobList } from "@flywheel/protocol";
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, post } from "./client.ts";

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => api<JobList>("/api/jobs", { signal }),
  refetchInterval: 2000,
});

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: ({ signal }) => api<JobDetail>(`/api/jobs/${encodeURIComponent(id)}`, { signal }),
    // Its changes are told as they come; this is for who lost the line.
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : 5000),
  });

export const isOver = ({ status }: Job): boolean => status !== "queued" && status !== "running";

/** Follows a job as it goes: every step is put at the end of its curve. */
export function useLiveJob(job: JobDetail | undefined): void {
  const client = useQueryClient();
  const id = job && !isOver(job) ? job.id : undefined;
  useEffect(() => {
    if (id === undefined) return;
    const { queryKey } = jobQuery(id);
    const source = new EventSource(`/api/jobs/${id}/live`);
    source.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const now = JSON.parse(data) as Job;
      client.setQueryData<JobDetail>(
        queryKey,
        (before) => before && { ...before, ...now, curve: extended(before.curve, now) },
      );
      if (!isOver(now)) return;
      source.close();
      void client.invalidateQueries({ queryKey });
    });
    return () => source.close();
  }, [id, client]);
}

function extended(curve: JobDetail["curve"], { progress }: Job): JobDetail["curve"] {
  return progress && progress.step > (curve.at(-1)?.step ?? 0) ? [...curve, progress] : curve;
}

export const createJob = (job: CreateJob) => post<Job>("/api/jobs", job);
export const cancelJob = (id: string) => post<Job>(`/api/jobs/${encodeURIComponent(id)}/cancel`, {});
