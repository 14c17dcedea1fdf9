export { createLogStore, type LogStoreConnection } from "./clickhouse.ts";
export { logsCommand } from "./command.ts";
export { dollars, generationLine } from "./generation-line.ts";
export { type GenerationTotals, isRowsRejected, type LogStore } from "./log-store.ts";
export { type Display, generationRoutes } from "./routes.ts";
