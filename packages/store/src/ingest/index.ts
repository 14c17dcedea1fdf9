export { createIngest, type Ingest, type IngestOptions } from "./ingest.ts";
