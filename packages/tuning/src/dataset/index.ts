export { datasetLibrary, type DatasetLibrary } from "./library.ts";
export { datasetRoutes } from "./routes.ts";
