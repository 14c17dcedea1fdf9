import type { Fault } from "./headers.ts";

/**
 * Why a target was asked, in words that go on from "asked". A circuit is what the gateway remembers of a target that
 * fails: it opens after too many failures, and one call now and then finds out whether it may close again.
 */
export const ATTEMPT_REASONS = {
  first: "first in order",
  weight: "first by weight",
  canary: "first, since its user is among those of the candidate",
  shadow: "unseen, to compare its answer with the one that was given",
  retry: "again, after a failure that may pass",
  fallback: "in place of another",
  probe: "to find out whether it works again",
  last_resort: "since no other was left, although it kept failing",
  repair: "again, with what was wrong with its answer",
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

/**
 * What holds an answer to the type of an endpoint: a grammar over the model's own tokens, the provider's schema mode, or
 * only words in the prompt. Whatever it is, the answer is checked before it leaves.
 */
export type OutputTier = "grammar" | "native" | "prompt";

const TIERS: Readonly<Record<OutputTier, string>> = {
  grammar: "a grammar",
  native: "the provider's schema mode",
  prompt: "words in the prompt",
};

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
  /** What held its answer to an endpoint's type; absent where the call was to no endpoint. */
  output_tier?: OutputTier;
  /** What had to be mended before its answer could be read as JSON. */
  mended?: string[];
  /** The failure that the client asked to rehearse. */
  fault?: Fault;
  /** Our error code, when the attempt failed. */
  error?: string;
  message?: string;
  /** Set where the failure may pass, but this target was not asked again. */
  no_retry?: NoRetryReason;
}

/** Why this target was asked, who was passed over, and why it was not asked again: a line each, for people. */
export function explainAttempt({
  reason,
  waited_ms,
  passed_over = [],
  no_retry,
  output_tier,
  mended,
}: Attempt): string[] {
  const lines = passed_over.map(({ provider, model, message }) => `passed over ${provider}/${model}: ${message}`);
  if (reason) {
    const waited = waited_ms === undefined ? "" : `; waited ${waited_ms} ms`;
    lines.unshift(`asked ${ATTEMPT_REASONS[reason]}${waited}`);
  }
  if (output_tier) lines.push(`held to its type by ${TIERS[output_tier]}`);
  if (mended) lines.push(`its JSON was mended: ${mended.join(", ")}`);
  if (no_retry) lines.push(`not asked again: ${NO_RETRY_REASONS[no_retry]}`);
  return lines;
}
