export { type Client, type ClientOptions, type Consent, createClient } from "./client.ts";
export { type Generation, generationOf } from "./generation.ts";
export type { DefaultEvents, Definitions, PayloadOf } from "./payload.ts";
