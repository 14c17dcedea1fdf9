import { headerOf } from "./raw-headers.ts";

/**
 * Milliseconds that the provider asks to wait for: `retry-after-ms`, or `retry-after` in seconds or as a date
 * (RFC 9110 §10.2.3). `undefined` where it asks for nothing that can be read.
 * @param now epoch milliseconds
 */
export function retryAfter(headers: readonly string[], now: number): number | undefined {
  const ms = headerOf(headers, "retry-after-ms").trim();
  if (isNumber(ms)) return Number(ms);
  const text = headerOf(headers, "retry-after").trim();
  if (isNumber(text)) return Number(text) * 1000;
  const date = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const isNumber = (text: string): boolean => /^\d{1,12}(\.\d+)?$/.test(text);
