export { fileFolder } from "./file-folder.ts";
export { fileRoutes } from "./file-routes.ts";
export { fineTuningRoutes } from "./job-routes.ts";
