import { setTimeout as sleep } from "node:timers/promises";
import { ProviderCallError } from "@flywheel/providers";

/** Milliseconds: the first wait, the longest, and after how long without an answer it is given up. */
export interface Patience {
  first: number;
  most: number;
  total: number;
}

/**
 * Calls again while a call fails in a way that may pass: longer waits each time, at least as long as the provider asks for.
 * @throws the last failure; the signal's reason where that ends it
 */
export async function persistent<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { first, most, total }: Patience,
  signal: AbortSignal,
): Promise<T> {
  const began = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      return await call(signal);
    } catch (error) {
      if (!(error instanceof ProviderCallError) || !error.retryable) throw error;
      const wait = Math.max(Math.min(first * 2 ** tries, most), error.retryAfterMs ?? 0);
      if (performance.now() - began + wait > total) throw error;
      await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
