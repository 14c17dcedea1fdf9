export { keyCommands } from "./command.ts";
export type { ControlStore } from "./control-store.ts";
export { followKeys, type KeyCache } from "./key-cache.ts";
export { keyRoutes } from "./routes.ts";
export { hashSecret, newSecret } from "./secret.ts";
export { openControlStore } from "./sqlite.ts";
