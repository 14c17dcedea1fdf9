export { createIngest, type Ingest, type IngestOptions } from "./ingest.ts";
export { createEventIngest } from "./event-ingest.ts";
