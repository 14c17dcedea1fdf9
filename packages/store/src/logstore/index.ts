export { type LogStoreOptions, type LogStoreServer, serveLogStore } from "./server.ts";
