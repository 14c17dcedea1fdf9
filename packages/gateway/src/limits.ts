import type { UpstreamTimeouts } from "@flywheel/providers";
import type { CircuitLimits } from "./circuit.ts";
import type { RetryLimits } from "./retry.ts";
import type { BudgetLimits } from "./target-health.ts";

/** What the gateway lets one client or one provider use. Bytes and milliseconds. */
export interface Limits {
  /** Request headers, counted. */
  headers: number;
  /** In which a request's head, and all of it, must have arrived. */
  head_ms: number;
  upload_ms: number;
  /** Request body. */
  body_bytes: number;
  /** Levels of nesting in a request body. */
  depth: number;
  /** Object keys plus arrays and objects in a request body; a parser's time grows with these, not with bytes. */
  keys: number;
  /** A provider's whole answer, streamed or not: it is kept until it is recorded. */
  response_bytes: number;
  /** A provider's error body. */
  error_bytes: number;
  /** What may wait for a slow client before the provider is slowed down. */
  client_buffer_bytes: number;
  connections: number;
  /** How long calls under way may go on once the gateway drains. */
  drain_ms: number;
  timeouts: UpstreamTimeouts & {
    /** In place of `first_byte` where the answer is not streamed: then the first byte is also the last. */
    first_byte_whole: number;
  };
  shadow: ShadowLimits;
  retry: RetryLimits;
  retry_budget: BudgetLimits;
  circuit: CircuitLimits;
}

/** What candidates may use that are asked unseen. */
export interface ShadowLimits {
  at_once: number;
  /** More than so many are not asked at all. */
  waiting: number;
  /** Of a request's body; longer ones are not asked again. */
  bytes: number;
  /** A candidate has no longer than this. */
  total_ms: number;
}

export const DEFAULT_LIMITS: Limits = {
  headers: 200,
  head_ms: 15_000,
  upload_ms: 120_000,
  body_bytes: 20 * 1024 * 1024,
  depth: 64,
  keys: 50_000,
  response_bytes: 64 * 1024 * 1024,
  error_bytes: 1024 * 1024,
  client_buffer_bytes: 256 * 1024,
  connections: 10_000,
  drain_ms: 30_000,
  timeouts: { connect: 5_000, first_byte: 60_000, first_byte_whole: 600_000, idle: 60_000, total: 1_800_000 },
  shadow: { at_once: 4, waiting: 32, bytes: 1024 * 1024, total_ms: 120_000 },
  retry: { retries: 2, base_ms: 500, cap_ms: 8_000, longest_wait_ms: 5_000, longest_wait_with_others_ms: 1_000 },
  retry_budget: { ratio: 0.2, reserve: 10 },
  circuit: { window_ms: 60_000, volume: 10, share: 0.5, open_ms: 15_000, longest_open_ms: 120_000 },
};
