import type { PriceOverride } from "./config.ts";
import type { GenerationQuery } from "./control.ts";

/** What figures can be told apart by. A model is named `provider/model`; `cache` is what our own cache did. */
export const USAGE_GROUPS = ["model", "provider", "key", "cache"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** Lengths of the stretches of time that a period is cut into. */
export const USAGE_STEPS = ["minute", "hour", "day"] as const;
export type UsageStep = (typeof USAGE_STEPS)[number];

/** `GET /api/usage`: what was served in a period. The filters are those of the list of generations. */
export interface UsageQuery extends Omit<GenerationQuery, "limit" | "before" | "after"> {
  /** Epoch milliseconds, inclusive / exclusive. */
  from: number;
  to: number;
  by?: UsageGroup;
  /** Where it is left out, {@link stepOf} the period. */
  step?: UsageStep;
  /** IANA name of the time zone whose hours and days are meant; `UTC` where nothing is said. */
  zone?: string;
}

/** About two hundred points at most, of a length that people think in. */
export function stepOf(from: number, to: number): UsageStep {
  const hours = (to - from) / 3_600_000;
  if (hours <= 3) return "minute";
  return hours <= 8 * 24 ? "hour" : "day";
}

/**
 * When each stretch of a period begins, in the time zone of this machine: what a report of that zone has points for.
 * Hours and minutes are counted through, so that clocks put forward or back neither skip nor repeat one.
 */
export function stretches(from: number, to: number, step: UsageStep): number[] {
  const starts: number[] = [];
  for (let at = startOf(from, step); at < to; at = next(at, step)) starts.push(at);
  return starts;
}

/** When the stretch that holds this time began. */
export function startOf(time: number, step: UsageStep): number {
  const date = new Date(time);
  if (step === "day") return date.setHours(0, 0, 0, 0);
  return step === "hour" ? time - (date.getMinutes() * 60_000 + (time % 60_000)) : time - (time % 60_000);
}

function next(start: number, step: UsageStep): number {
  if (step !== "day") return start + (step === "hour" ? 3_600_000 : 60_000);
  const date = new Date(start);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/** Seconds; all `null` where nothing was measured. Estimated by a t-digest: within about one percent. */
export interface Quantiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** Figures over some generations. */
export interface UsageFigures {
  generations: number;
  /** Those that failed, stopped in the middle or were interrupted. */
  errors: number;
  /** Those whose client went away first: no errors of ours. */
  aborted: number;
  /** Those that our cache answered. */
  cached: number;
  /** From request to last byte, of those that succeeded. */
  duration: Quantiles;
  /** From request to first chunk, of streams that succeeded. */
  time_to_first_chunk: Quantiles;
  /** Median over the answers that a model wrote: output tokens through the time in which they came. */
  tokens_per_second: number | null;
  input_tokens: number;
  output_tokens: number;
  /** Parts of `input_tokens`: read from, and written to, a cache of the provider's. */
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  /** Nano-dollars, of the generations with a known price. */
  cost_nano: number;
  /** Those with tokens but no known price. */
  unpriced: number;
}

const UNKNOWN: Quantiles = { p50: null, p95: null, p99: null };

/** The figures of no generation at all. */
export const NO_FIGURES: UsageFigures = {
  generations: 0,
  errors: 0,
  aborted: 0,
  cached: 0,
  duration: UNKNOWN,
  time_to_first_chunk: UNKNOWN,
  tokens_per_second: null,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  cost_nano: 0,
  unpriced: 0,
};

export interface UsagePoint extends UsageFigures {
  /** When the stretch begins, epoch milliseconds. */
  time: number;
}

export interface UsageGroupFigures extends UsageFigures {
  /** `openai/gpt-…`, `openai`, `key_…`, `hit`; "" where there was none, as for a request that no provider got. */
  name: string;
  /** Only of the first few groups. */
  series?: UsagePoint[];
}

/** The answer of `GET /api/usage`. Stretches in which nothing happened are left out. */
export interface UsageReport {
  from: number;
  to: number;
  step: UsageStep;
  total: UsageFigures;
  /** Oldest first. */
  series: UsagePoint[];
  /** Most generations first; empty without `by`. */
  groups: UsageGroupFigures[];
  /** How many groups there are beyond those. */
  groups_left_out: number;
}

/**
 * `GET /api/usage/priced`: what the same tokens would cost on every model with a known price. Assumed: each model would
 * count and write as many tokens as were counted and written; what was read from or written to a provider's cache would
 * be again, at that model's rate for it or else as input; what Flywheel's own cache answered stays free; and the lowest
 * tier, where a price depends on a prompt's length.
 */
export interface PricedUsage {
  from: number;
  to: number;
  /** What is priced: everything but what Flywheel's cache answered. */
  tokens: {
    generations: number;
    input_tokens: number;
    cache_read_input_tokens: number;
    cache_creation_input_tokens: number;
    output_tokens: number;
  };
  /** What it did cost, as far as prices are known; `unpriced` generations are not in it. */
  cost_nano: number;
  unpriced: number;
  /** Cheapest first. */
  models: PricedModel[];
}

export interface PricedModel {
  /** `openai/gpt-…` */
  id: string;
  /** Whether its provider could be called now. */
  available: boolean;
  /** Whether it was asked in the period. */
  used: boolean;
  price: PriceOverride;
  cost_nano: number;
}
