export type { ControlStore } from "./control-store.ts";
export { keyRoutes, savedFilterRoutes, savedRequestRoutes } from "./routes.ts";
export { openControlStore } from "./sqlite.ts";
