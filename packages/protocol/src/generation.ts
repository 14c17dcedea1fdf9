import type { Fault } from "./headers.ts";

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

/**
 * Why a target was asked, in words that complete "asked …". A circuit is what the gateway remembers of a target that
 * fails: it opens after too many failures, and one call now and then finds out whether it may close again.
 */
export const ATTEMPT_REASONS = {
  first: "first in order",
  weight: "first by weight",
  retry: "again, after a failure that may pass",
  fallback: "in the place of one that failed or was passed over",
  probe: "to find out whether it works again",
  last_resort: "since no other was left, although it kept failing",
} as const;
export type AttemptReason = keyof typeof ATTEMPT_REASONS;

/** Why a target was not asked again after a failure that may pass. */
export const NO_RETRY_REASONS = {
  retries: "its retries are used up",
  asked_not_to: "it said that trying again does not help",
  wait: "it asked for a longer wait than we keep a client for",
  total: "the time for the whole generation would run out",
  budget: "too many of its calls are retries already",
  circuit: "it kept failing for other calls",
} as const;
export type NoRetryReason = keyof typeof NO_RETRY_REASONS;

/** A target that was not asked although it came first. */
export interface PassedOver {
  provider: string;
  model: string;
  /** `unavailable`: no key, say. `circuit`: it failed too often lately. */
  why: "unavailable" | "circuit";
  /** Such as `set OPENAI_API_KEY`. */
  message: string;
}

/** One try at one provider. Times are milliseconds since the generation began. */
export interface Attempt {
  provider: string;
  model: string;
  /** Absent in rows from before reasons were kept. */
  reason?: AttemptReason;
  /** Who was passed over in its favour. */
  passed_over?: PassedOver[];
  /** How long we waited before it. */
  waited_ms?: number;
  started_ms: number;
  ended_ms: number;
  /** HTTP status of the provider; absent when it never answered. */
  status?: number;
  /** The failure that the client asked to rehearse. */
  fault?: Fault;
  /** Our error code, when the attempt failed. */
  error?: string;
  message?: string;
  /** Set where the failure may pass, but this target was not asked again. */
  no_retry?: NoRetryReason;
}

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
