export { createLogStore, type LogStoreConnection } from "./clickhouse.ts";
export { type GenerationTotals, isRowsRejected, type LogStore } from "./log-store.ts";
export { type Display, generationRoutes } from "./routes.ts";
