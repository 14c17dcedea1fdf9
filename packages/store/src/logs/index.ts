export { createLogStore, type LogStoreConnection } from "./clickhouse.ts";
export { isRowsRejected, type LogStore } from "./log-store.ts";
export { type Display, generationRoutes } from "./routes.ts";
export { eventRoutes } from "./event-routes.ts";
export type { TrialAnswer, TrialEvent, TrialRows } from "./trials.ts";
export { readUsageQuery, usageRoutes } from "./usage-routes.ts";
