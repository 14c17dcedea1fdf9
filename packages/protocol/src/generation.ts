import type { Attempt } from "./attempt.ts";
import type { TrialArm } from "./trial.ts";

/**
 * What became of a generation.
 * - `ok`: the client could have the whole answer
 * - `error`: the client got an error instead of an answer
 * - `partial`: the provider stopped in the middle; the client got what there was and an error frame
 * - `client_aborted`: the client went away first
 * - `interrupted`: the gateway died in the middle; what the provider billed is unknown
 */
export const GENERATION_STATUSES = ["ok", "error", "partial", "client_aborted", "interrupted"] as const;
export type GenerationStatus = (typeof GENERATION_STATUSES)[number];

/** The wire formats spoken. `openai-chat` also covers OpenAI's embeddings. */
export const DIALECT_IDS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
export type DialectId = (typeof DIALECT_IDS)[number];

export type Operation = "chat" | "embeddings";

/** Tokens as the provider counted them. Absent = not reported. `input_tokens` includes cached ones. */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cache_read_input_tokens?: number;
  cache_creation_input_tokens?: number;
  reasoning_output_tokens?: number;
}

/** Where a cost came from; a provider-reported cost always wins. */
export type CostSource = "provider" | "override" | "table" | "local" | "cache" | "unknown";

/** Integer nano-dollars (1e-9 USD), or `null` where no price is known. */
export interface Cost {
  cost_nano: number | null;
  cost_source: CostSource;
  /** Version of the price list, so that a row can be priced again. */
  price_version: string;
}

/** The part of a generation that a list shows: everything but texts and raw bodies. */
export interface GenerationSummary {
  id: string;
  /** When the request arrived, epoch milliseconds. */
  time: number;
  project: string;
  environment: string;
  key_id: string;
  operation_name: Operation;
  /** The model name the client asked for. */
  request_model: string;
  /** The route that resolved it, or "" for a direct model name. */
  route: string;
  /** Who answered (or was asked last). */
  provider_name: string;
  /** The provider's name of the model we asked it for. */
  provider_model: string;
  /** The model the provider says answered. */
  response_model: string;
  response_id: string;
  /** Wire format of `request_body`. */
  request_dialect: DialectId;
  /** Wire format of `response_body`: the provider's, where that differs from the client's. */
  response_dialect: DialectId;
  stream: boolean;
  status: GenerationStatus;
  http_status: number;
  error_code: string;
  error_message: string;
  finish_reason: string;
  usage_input_tokens: number | null;
  usage_output_tokens: number | null;
  usage_cache_read_input_tokens: number | null;
  usage_cache_creation_input_tokens: number | null;
  usage_reasoning_output_tokens: number | null;
  /** True where we counted tokens ourselves because the provider reported none. */
  usage_estimated: boolean;
  cost_nano: number | null;
  cost_source: CostSource;
  price_version: string;
  /** Seconds from request to last byte. */
  duration: number;
  /** Seconds from request to the first chunk of the answer; `null` where none came. */
  time_to_first_chunk: number | null;
  attempts: number;
  cache_status: string;
  trace_id: string;
  conversation_id: string;
  user_id: string;
  user_agent: string;
  /** The trial it was part of, or "". */
  trial_id: string;
  /** The arm that its user is in, whoever answered; "" outside of a trial. */
  trial_arm: TrialArm | "";
  /** Stands for its user in the trial, or "". */
  trial_unit: string;
  /** The generation whose request was asked again of a candidate, unseen by the client; "" = a client's own request. */
  shadow_of: string;
  /** First 200 characters of the last user message and of the answer, for lists. */
  input_preview: string;
  output_preview: string;
}

/** One row of the log store: a generation, whole. Written once, never updated. */
export interface Generation extends GenerationSummary {
  /** Plain text of the request's messages, for search. */
  input_text: string;
  /** Plain text of the answer (text, then reasoning and tool calls as JSON lines). */
  output_text: string;
  /** The request body as the client sent it, after redaction. */
  request_body: string;
  /** The response body as the provider sent it (SSE for streams), after redaction. */
  response_body: string;
  /** The provider's usage object, verbatim JSON, or "". */
  usage_raw: string;
  attempt_list: Attempt[];
  redactions: number;
}
