import type { Fetched, FromRunner, ToRunner } from "./frames.ts";

type Ask = (question: Extract<FromRunner, { type: "fetch" }>) => void;

/**
 * `fetch` as a project's code has it. Every request is made by the supervisor's side, to the hosts that the project's
 * configuration names; the answer comes in one piece.
 */
export function brokeredFetch(ask: Ask) {
  const waiting = new Map<number, PromiseWithResolvers<Fetched>>();
  let last = 0;

  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const body = Buffer.from(await request.arrayBuffer()).toString("base64");
    request.signal.throwIfAborted();
    const answer = Promise.withResolvers<Fetched>();
    const id = ++last;
    waiting.set(id, answer);
    request.signal.addEventListener("abort", () => answer.reject(request.signal.reason as Error), { once: true });
    ask({ type: "fetch", id, url: request.url, method: request.method, headers: [...request.headers], body });
    return responseOf(await answer.promise.finally(() => waiting.delete(id)));
  }

  function fetched(message: Extract<ToRunner, { type: "fetched" }>): void {
    const answer = waiting.get(message.id);
    if ("error" in message) answer?.reject(new TypeError(message.error));
    else answer?.resolve(message);
  }

  return { fetch, fetched };
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

function responseOf({ url, status, statusText, headers, body, redirected }: Fetched): Response {
  const bytes = WITHOUT_BODY.has(status) ? null : Buffer.from(body, "base64");
  const response = new Response(bytes, { status, statusText, headers });
  Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
  return response;
}
