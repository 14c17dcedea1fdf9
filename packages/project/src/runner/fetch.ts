import type { Fetched, FromRunner, ToRunner } from "./frames.ts";

type Answer = Extract<ToRunner, { type: "fetched" }>;
type Ask = (question: Extract<FromRunner, { type: "fetch" | "cancel" }>) => void;

/**
 * `fetch` as a project's code has it. Every request is made by the supervisor's side, to the hosts that the project's
 * configuration names; the answer comes in one piece.
 */
export function brokeredFetch(ask: Ask) {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  let last = 0;

  async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    // An answer comes out of the blue: this is what knows who asked.
    const { stack } = new Error();
    const request = new Request(input, init);
    const body = Buffer.from(await request.arrayBuffer()).toString("base64");
    request.signal.throwIfAborted();
    const answer = Promise.withResolvers<Answer>();
    const id = ++last;
    waiting.set(id, answer);
    request.signal.addEventListener("abort", () => {
      answer.reject(request.signal.reason as Error);
      ask({ type: "cancel", id });
    });
    ask({ type: "fetch", id, url: request.url, method: request.method, headers: [...request.headers], body });
    const fetched = await answer.promise.finally(() => waiting.delete(id));
    if ("error" in fetched) throw Object.assign(new TypeError(fetched.error), { stack });
    return responseOf(fetched);
  }

  function fetched(message: Answer): void {
    waiting.get(message.id)?.resolve(message);
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
