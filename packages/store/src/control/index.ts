export type { ControlStore } from "./control-store.ts";
export { keyRoutes, savedRequestRoutes } from "./routes.ts";
export { openControlStore } from "./sqlite.ts";
