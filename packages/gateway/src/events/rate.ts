/** So many at once, and then so many a second. */
export interface Rate {
  burst: number;
  perSecond: number;
}

interface Bucket {
  tokens: number;
  /** Milliseconds. */
  at: number;
}

const MOST_BUCKETS = 50_000;

/** Counts what everyone takes. In the memory of one process: several of them let through several times as much. */
export class RateLimiter {
  #buckets = new Map<string, Bucket>();

  /** Seconds to wait before `count` may be taken; 0 = they were taken. */
  take(who: string, count: number, { burst, perSecond }: Rate, now: number = Date.now()): number {
    const bucket = this.#buckets.get(who) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    // More at once than may ever gather is taken from a full bucket, and paid off afterwards.
    const needed = Math.min(count, burst);
    if (tokens < needed) return Math.ceil((needed - tokens) / perSecond);
    if (this.#buckets.size >= MOST_BUCKETS) this.#forget(now, burst / perSecond);
    this.#buckets.set(who, { tokens: tokens - count, at: now });
    return 0;
  }

  /** Those who took nothing for long are full again, and so need not be known; if all are busy, all begin anew. */
  #forget(now: number, secondsToFill: number): void {
    for (const [who, { at }] of this.#buckets) if (now - at > secondsToFill * 1000) this.#buckets.delete(who);
    if (this.#buckets.size >= MOST_BUCKETS) this.#buckets.clear();
  }
}
