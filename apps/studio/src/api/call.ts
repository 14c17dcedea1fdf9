import type { WireError } from "@flywheel/protocol";
import { sessionKey } from "./session-key.ts";

/** A call that failed, in the server's words. */
export class CallError extends Error {
  readonly code: string;
  /** Its row in the logs; "" where it did not come that far. */
  readonly generationId: string;
  constructor({ message, code }: Pick<WireError["error"], "message" | "code">, generationId = "") {
    super(message);
    this.name = "CallError";
    this.code = code;
    this.generationId = generationId;
  }
}

/** Why a call failed, as a page shows it; with its row in the logs where there is one. */
export function failureOf(error: unknown): { problem: string; generationId?: string } {
  const { message } = error as Error;
  if (!(error instanceof CallError)) return { problem: message };
  const { code, generationId } = error;
  return { problem: code === "" ? message : `${code}: ${message}`, ...(generationId !== "" && { generationId }) };
}

/**
 * A call of the public API, as any client would make it, with the key that this session is lent. A key that was rotated or
 * revoked meanwhile is asked for once more. Throws {@link CallError}, also for an answer that is not 2xx, and what `signal`
 * was aborted with.
 */
export async function call(
  path: string,
  body: unknown,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const ask = async (renew: boolean): Promise<Response> =>
    fetch(path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await sessionKey(renew)}`,
        "content-type": "application/json",
        ...headers,
      },
      body: JSON.stringify(body),
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error instanceof TypeError ? new CallError({ message: "The server does not answer.", code: "" }) : error;
    });
  const first = await ask(false);
  const response = first.status === 401 ? await ask(true) : first;
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<CallError> {
  const body = (await response.json().catch(() => null)) as WireError | null;
  const id = response.headers.get("flywheel-generation-id") ?? "";
  return new CallError(body?.error ?? { message: `The server answered ${response.status}.`, code: "" }, id);
}

/** One event of a stream: `message` is the name of those without one. */
export interface StreamEvent {
  event: string;
  data: string;
}

/** Calls `onEvent` for each event with data, until it says `end`. Gives whether it did before the stream was over. */
export async function readEvents(
  response: Response,
  onEvent: (event: StreamEvent) => "end" | undefined,
): Promise<boolean> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "message";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === "") event = "message";
      else if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:") && onEvent({ event, data: line.slice(5).trim() }) === "end") return true;
    }
  }
}
