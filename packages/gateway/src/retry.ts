import type { ErrorCode, FlywheelError, NoRetryReason } from "@flywheel/protocol";
import { headerOf, retryAfter } from "@flywheel/providers";

/** What a failed attempt means. */
export interface Verdict {
  /** Another target may do better. */
  elsewhere: boolean;
  /** The same one may, a little later. */
  again: boolean;
  /** What it tells of the target. A refusal of the request itself comes from one that works. */
  target: "works" | "fails" | "unknown";
}

const PASSING: Verdict = { elsewhere: true, again: true, target: "fails" };
/** Waited for long enough, or an answer that would only be the same. */
const BROKEN: Verdict = { elsewhere: true, again: false, target: "fails" };
/** Our own trouble, not the provider's. */
const OURS: Verdict = { elsewhere: true, again: false, target: "unknown" };

const BY_CODE: Partial<Record<ErrorCode, Verdict>> = {
  upstream_unreachable: PASSING,
  upstream_truncated: PASSING,
  upstream_error: PASSING,
  upstream_invalid: BROKEN,
  upstream_timeout: BROKEN,
  overloaded: OURS,
  output_invalid: { elsewhere: true, again: false, target: "works" },
  model_unavailable: OURS,
  internal: OURS,
};

/** @param status of a refusal, 400 or more; `undefined` where the provider sent none */
export function judge(error: FlywheelError, status: number | undefined): Verdict {
  if (status === undefined) return BY_CODE[error.code] ?? { elsewhere: false, again: false, target: "unknown" };
  if (status === 429 || status >= 500) return PASSING;
  const passes = status === 408 || status === 409; // the provider waited, or another request holds a lock
  return { elsewhere: passes, again: passes, target: "works" };
}

/** Milliseconds. */
export interface RetryLimits {
  /** How often one target is asked again. */
  retries: number;
  /** The most that the first wait can be; it doubles from retry to retry. */
  base_ms: number;
  cap_ms: number;
  /** A provider that asks for more is not waited for … */
  longest_wait_ms: number;
  /** … nor one that asks for more than this, where another target is left. */
  longest_wait_with_others_ms: number;
}

/** What decides whether the same target is asked again. */
export interface Situation {
  /** Retries of this target so far in this call, and at most. */
  retry: number;
  retries: number;
  /** The refusal's headers: name, value, name, value … */
  headers: readonly string[];
  circuitOpen: boolean;
  othersLeft: boolean;
  /** Until the generation's time is over. */
  left_ms: number;
}

/**
 * How long to wait before the same target is asked again, or why it is not.
 * @param random 0 to 1, as `Math.random`
 * @param spend takes a retry out of the target's budget; false = there is none
 */
export function retryWait(
  situation: Situation,
  limits: RetryLimits,
  random: () => number,
  spend: () => boolean,
): number | NoRetryReason {
  const { retry, retries, headers, circuitOpen, othersLeft, left_ms } = situation;
  if (headerOf(headers, "x-should-retry") === "false") return "asked_not_to";
  if (retry >= retries) return "retries";
  if (circuitOpen) return "circuit";
  const asked = retryAfter(headers, Date.now()) ?? 0;
  if (asked > (othersLeft ? limits.longest_wait_with_others_ms : limits.longest_wait_ms)) return "wait";
  const wait = asked + fullJitter(retry, limits, random);
  if (wait >= left_ms) return "total";
  return spend() ? wait : "budget";
}

/** Anything from nothing to a bound that doubles, so that callers who failed together do not come back together. */
export function fullJitter(
  retry: number,
  { base_ms, cap_ms }: Pick<RetryLimits, "base_ms" | "cap_ms">,
  random: () => number,
): number {
  return random() * Math.min(cap_ms, base_ms * 2 ** retry);
}
