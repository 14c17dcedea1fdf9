import { readEvents, readWhole } from "../../packages/gateway/src/conformance/plain-reader.ts";
import type { Reading } from "../../packages/gateway/src/conformance/reading.ts";

export const CLIENTS = ["openai-chat", "openai-responses", "anthropic-messages"] as const;
export type Client = (typeof CLIENTS)[number];

/** What a client of a dialect has in the end: an answer, or an error it would raise, never both. */
export interface View {
  status: number;
  /** The provider's words, or ours; "" where there was no error. */
  error: string;
  /** The stream, or the document, says that the answer is over. */
  over: boolean;
  answer: Reading | undefined;
}

/** Read by code that shares nothing with ours; a stream by WHATWG HTML §9.2.6. */
export function view(client: Client, status: number, contentType: string, text: string): View {
  if (!contentType.startsWith("text/event-stream")) {
    const body = JSON.parse(text) as { error?: { message: string } };
    if (status >= 400) return { status, error: errorIn(client, body) ?? "no error", over: false, answer: undefined };
    return { status, error: "", over: true, answer: readWhole(client, body) };
  }
  const events = eventsOf(text);
  const datas = events
    .filter(({ data }) => data !== "[DONE]")
    .map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  const error = datas.map((data) => errorIn(client, data)).find((message) => message !== undefined) ?? "";
  const over = events.some(({ data }, index) => data === "[DONE]" || isEnd(client, datas[index]!));
  return { status, error, over, answer: over && error === "" ? readEvents(client, datas) : undefined };
}

/** Every client of a dialect looks for errors in one place. */
function errorIn(client: Client, body: Record<string, unknown>): string | undefined {
  const { type, error, message } = body as { type?: string; error?: { message?: unknown }; message?: unknown };
  if (client === "anthropic-messages") return type === "error" ? String(error?.message) : undefined;
  if (client === "openai-responses" && type === "error") return String(message);
  if (client === "openai-responses" && type !== undefined) return undefined;
  return error ? String(error.message) : undefined;
}

function isEnd(client: Client, data: Record<string, unknown>): boolean {
  if (client === "anthropic-messages") return data["type"] === "message_stop";
  if (client === "openai-responses") return /^response\.(completed|incomplete)$/.test(String(data["type"]));
  const choices = data["choices"] as { finish_reason?: string }[] | undefined;
  return Boolean(choices?.[0]?.finish_reason); // without `[DONE]` both SDKs take this for the end
}

function eventsOf(text: string): { data: string }[] {
  const events: { data: string }[] = [];
  let data: string[] = [];
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    if (line === "") {
      if (data.length > 0) events.push({ data: data.join("\n") });
      data = [];
    } else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  return events;
}
