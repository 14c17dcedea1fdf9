export type { DatasetLibrary } from "../dataset/library.ts";
export { createJobs, type DecideContext, type JobModels, type Jobs, type Tunable } from "./jobs.ts";
export { jobRoutes } from "./routes.ts";
