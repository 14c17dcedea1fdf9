import type { PriceOverride, Target } from "./config.ts";
import type { Diagnostic, Endpoint } from "./endpoint.ts";
import type { DialectId, GenerationStatus, GenerationSummary, Generation } from "./generation.ts";
import type { KeyScope, ListedKey } from "./keys.ts";

/** `GET /api/generations`: newest first, keyset-paged. All filters are optional and combine with AND. */
export interface GenerationQuery {
  limit?: number;
  /** Rows older than this id. */
  before?: string;
  /** Rows newer than this id, oldest first; for following. */
  after?: string;
  project?: string;
  status?: GenerationStatus;
  /** Matches the requested, the provider's or the answering model. */
  model?: string;
  provider?: string;
  key_id?: string;
  /** Words that all occur in the request or the answer, case-insensitive. */
  search?: string;
  /** Epoch milliseconds, inclusive / exclusive. */
  from?: number;
  to?: number;
  /** With what candidates were asked unseen; otherwise only what clients asked. */
  shadows?: boolean;
}

export interface GenerationPage {
  data: GenerationSummary[];
  /** Pass as `before` (or `after`) for the next page; absent on the last. */
  next?: string;
}

/** `GET /api/generations/:id`, with the messages already taken apart for display. */
export interface GenerationDetail extends Generation {
  messages: DisplayMessage[];
  output: DisplayMessage | null;
}

/** `GET /api/totals`: sums over the generations that match a query. */
export interface GenerationTotals {
  generations: number;
  /** Those whose status is not `ok`. */
  errors: number;
  input_tokens: number;
  output_tokens: number;
  /** Of the generations with a known price. */
  cost_nano: number;
}

/** Where `flywheel seed` puts its rows: the one project that can be deleted whole. */
export const SAMPLE_PROJECT = "sample";

/** `DELETE /api/generations?project=sample` */
export interface DeletedRows {
  deleted: number;
}

/** One message for a person to read. Never HTML. */
export interface DisplayMessage {
  role: string;
  text: string;
  reasoning?: string;
  tool_calls?: { id: string; name: string; arguments: string }[];
}

/** `GET /api/keys` */
export interface KeyList {
  data: ListedKey[];
}

/** `POST /api/keys` */
export interface CreateKey {
  name: string;
  environment?: string;
  scopes?: KeyScope[];
  models?: string[];
  origins?: string[];
  /** Epoch milliseconds. */
  expires?: number;
}

/** `POST /api/keys/:id/rotate` */
export interface RotateKey {
  /** How long the old secret still works; a day where nothing is said. */
  grace_seconds?: number;
}

/** The answer to both: the only time the secret is shown. */
export interface CreatedKey extends ListedKey {
  secret: string;
}

/** `POST /api/session/key`: a key for calls from the studio's pages, which a session may ask for. */
export interface SessionKey {
  secret: string;
  /** Epoch milliseconds. */
  expires: number;
}

/** A request kept under a name, to be opened in the playground again. */
export interface SavedRequest {
  id: string;
  name: string;
  /** As it would be sent to `/v1/chat/completions`, but `model` is a list of those to compare. */
  body: Record<string, unknown>;
  /** Epoch milliseconds. */
  created: number;
  updated: number;
}

/** `GET /api/requests`: last changed first. */
export interface SavedRequestList {
  data: SavedRequest[];
}

/** `POST /api/requests`; with an `id` it replaces that one. */
export type SaveRequest = Pick<SavedRequest, "name" | "body"> & { id?: string };

/** A filter of the list of generations, kept under a name for everyone who opens the studio. */
export interface SavedFilter {
  name: string;
  /** Members of {@link GenerationQuery}, and `range`: a stretch of time up to now, such as `24h`. */
  filter: Record<string, string | number>;
  /** Epoch milliseconds. */
  updated: number;
}

/** `GET /api/filters`: by name. */
export interface SavedFilterList {
  data: SavedFilter[];
}

/** `POST /api/filters`: one of the same name is replaced. */
export type SaveFilter = Pick<SavedFilter, "name" | "filter">;

/** `GET /api/models` */
export interface ModelList {
  data: ModelInfo[];
  providers: ProviderInfo[];
}

export interface ModelInfo {
  /** As a client names it: `local/spark`, `openai/gpt-…`, or a route. */
  id: string;
  provider: string;
  kind: "model" | "route" | "endpoint";
}

export interface ProviderInfo {
  id: string;
  available: boolean;
  /** Why not, and what to set. */
  reason?: string;
  base_url: string;
}

/** `GET /api/providers`: everything that could be called, and what it takes. */
export interface ProviderList {
  routes: { name: string; targets: Target[] }[];
  data: ProviderDetail[];
}

export interface ProviderDetail extends ProviderInfo {
  dialect: DialectId;
  /** `machine`: a server that the user runs; its calls cost nothing. */
  hosting: "remote" | "machine";
  /** Environment variables that may hold its key, the first one set wins; empty = none is needed. */
  env: string[];
  /** Others are passed through, too: no list of a provider's models is ever complete. */
  models: ProviderModel[];
}

export interface ProviderModel {
  /** As a client names it. */
  id: string;
  /** How we know of it: the project's config, the server itself, or the bundled price lists. */
  known_from: "config" | "server" | "prices";
  /** `null` = unknown. */
  price: PriceOverride | null;
  /** Tokens; `null` = unknown. */
  context_length: number | null;
  local?: LocalModelInfo;
}

/** What is known of a model file on this machine. */
export interface LocalModelInfo {
  path: string;
  state: "unloaded" | "loading" | "ready" | "failed";
  /** What is wrong with the file, or why it could not be loaded. */
  error?: string;
  file_bytes: number;
  parameters: number;
  /** What weights and context take, once loaded. */
  memory_bytes?: number;
}

/** `GET /api/endpoints` */
export interface EndpointList {
  /** Of the build that is served. */
  build: string;
  data: ListedEndpoint[];
  /** What is wrong with the files as they are now; endpoints are served as they last were good. */
  diagnostics: Diagnostic[];
  /** Milliseconds from an edit's first sight to the swap. */
  took: number;
}

/** An endpoint, and what the grammar of a local model makes of its answers. */
export interface ListedEndpoint extends Endpoint {
  /** One line a keyword of the output's schema; `null` where the answer is text. */
  grammar: GrammarReport | null;
}

export interface GrammarReport {
  /** Why there is no grammar: then answers are only checked afterwards. */
  error?: string;
  keywords: {
    /** JSON Pointer of the schema that holds it. */
    path: string;
    keyword: string;
    action: "enforced" | "approximated" | "checked afterwards";
    note?: string;
  }[];
}

/** `GET /api/endpoints/:name`; the `/` in a name is written `%2F`. */
export interface EndpointDetail extends ListedEndpoint {
  /** The text of its file as it is now; "" where that is gone. */
  source: string;
}

/** `GET /api/status` */
export interface ServerStatus {
  version: string;
  started: number;
  data_dir: string;
  processes: ProcessStatus[];
  /** Generations in the WAL that are not rows yet. */
  pending: number;
  /** What needs a person: rejected rows, a full disk, a config that does not load. Empty = all well. */
  alarms: Alarm[];
}

export interface ProcessStatus {
  name: string;
  pid: number;
  rss_bytes: number;
  restarts: number;
}

export interface Alarm {
  code: "rejected_rows" | "disk_full" | "config_invalid" | "store_unavailable";
  message: string;
  since: number;
}
