import type { ControlRoute, Job, JobDetail, JobList } from "@flywheel/protocol";
import { readCreateJob } from "./input.ts";
import type { Jobs } from "./jobs.ts";

/** `/api/jobs` */
export function jobRoutes(jobs: Jobs): ControlRoute[] {
  return [
    { method: "GET", path: "/api/jobs", scope: "admin", handle: (): JobList => ({ data: jobs.list() }) },
    { method: "POST", path: "/api/jobs", scope: "admin", handle: ({ body }): Promise<Job> => jobs.create(readCreateJob(body)) }, // prettier-ignore
    {
      method: "GET",
      path: "/api/jobs/:id",
      scope: "admin",
      handle: ({ params }): JobDetail => jobs.find(params["id"]!),
    },
    { method: "POST", path: "/api/jobs/:id/cancel", scope: "admin", handle: ({ params }): Job => jobs.cancel(params["id"]!) }, // prettier-ignore
    {
      method: "GET",
      path: "/api/jobs/:id/live",
      scope: "admin",
      handle({ params, signal }): AsyncIterable<Job> {
        jobs.find(params["id"]!);
        return jobs.follow(params["id"]!, signal);
      },
    },
  ];
}
