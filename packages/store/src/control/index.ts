export type { ControlStore } from "./control-store.ts";
export { keyRoutes } from "./routes.ts";
export { openControlStore } from "./sqlite.ts";
