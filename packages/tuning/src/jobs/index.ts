export type { DatasetLibrary } from "../dataset/library.ts";
export { createJobs, type Jobs } from "./jobs.ts";
export type { DecideContext, JobModels, Tunable } from "./options.ts";
export { jobRoutes } from "./routes.ts";
