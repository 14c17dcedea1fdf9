import { readError } from "./dialects/openai-chat/log.ts";
import { isObject, type Json, parseJson } from "./dialects/json.ts";
import type { Provider } from "./provider-set.ts";
import { retryAfter } from "./retry-after.ts";
import type { Upstream } from "./upstream.ts";
import { UpstreamError } from "./upstream-error.ts";

/** A call whose answer is one JSON object of no great size: anything but a generation. */
export interface WholeCall {
  method: "GET" | "POST";
  /** Behind the provider's base path, with a leading slash. */
  path: string;
  contentType?: string;
  body?: readonly Uint8Array[];
}

const TIMEOUTS = { connect: 10_000, first_byte: 300_000, idle: 60_000, total: 900_000 };
const MOST_BYTES = 4 << 20;
const BUSY: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** A provider's call that came to nothing, in words for a person. */
export class ProviderCallError extends Error {
  override name = "ProviderCallError";
  /** Of the answer; 0 where there was none. */
  readonly status: number;
  /** What the provider asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, status: number, retryAfterMs?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same call may do better later. */
  get retryable(): boolean {
    return this.status === 0 || this.status >= 500 || BUSY.has(this.status);
  }
}

/**
 * @throws ProviderCallError where there is no answer, it is an error, or it is no JSON object; the signal's reason where
 * that ends it
 */
export function callWhole(upstream: Upstream, provider: Provider, call: WholeCall, signal: AbortSignal): Promise<Json> {
  const { origin, base_path } = provider;
  const { method, path, contentType, body = [] } = call;
  const headers = contentType === undefined ? provider.headers : [...provider.headers, "content-type", contentType];
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let bytes = 0;
    let status = 0;
    let answered: readonly string[] = [];
    const chunks: Buffer[] = [];
    const fail = (reason: string, code = 0, cause?: unknown): void => {
      signal.removeEventListener("abort", stop);
      reject(new ProviderCallError(`${provider.id} ${reason}`, code, retryAfter(answered, Date.now()), cause));
    };
    const request = {
      origin,
      method,
      path: `${base_path}${path}`,
      headers,
      body,
      timeouts: TIMEOUTS,
      once: method === "POST",
    };
    const exchange = upstream.request(request, {
      onHead: (code, rawHeaders) => void ([status, answered] = [code, rawHeaders]),
      onData(chunk) {
        bytes += chunk.length;
        if (bytes <= MOST_BYTES) return void chunks.push(chunk);
        exchange.abort();
        fail(`answered ${method} ${path} with more than ${MOST_BYTES >> 20} MB`, status);
      },
      onEnd() {
        const value = parseJson(Buffer.concat(chunks).toString("utf8"));
        if (status >= 200 && status < 300 && isObject(value)) {
          signal.removeEventListener("abort", stop);
          return resolve(value);
        }
        const said = isObject(value) ? readError(value)?.message : undefined;
        fail(said === undefined ? `answered ${method} ${path} with ${status}${status < 300 ? ", but with no JSON" : ""}` : `says: ${said}`, status); // prettier-ignore
      },
      onError: (error: UpstreamError) => fail(`could not be asked (${method} ${path}): ${error.message}`, 0, error),
    });
    const stop = (): void => {
      exchange.abort();
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
