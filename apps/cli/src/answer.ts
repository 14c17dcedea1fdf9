import type { WireError } from "@flywheel/protocol";
import { harmless } from "@flywheel/store/commands";
import { errorOf } from "./connect.ts";
import { eventData } from "./event-stream.ts";
import type { PublicApi } from "./public-api.ts";
import type { AppContext } from "./app-command.ts";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Routes and models by name, as far as they are listed. */
export async function modelNames({ url, key }: PublicApi): Promise<string[]> {
  const response = await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw await errorOf(response);
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

interface Chunk {
  choices?: { delta?: { content?: string | null } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: WireError["error"];
}

/** Prints the answer while it comes, or as one line of JSON once it is there. Gives its text. */
export async function ask(
  { out, json, signal }: Pick<AppContext, "out" | "json" | "signal">,
  { url, key }: PublicApi,
  model: string,
  messages: Message[],
): Promise<string> {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  let text = "";
  let usage: Chunk["usage"];
  for await (const data of eventData(response.body!)) {
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error) throw new Error(chunk.error.message);
    const piece = chunk.choices?.[0]?.delta?.content ?? "";
    text += piece;
    usage = chunk.usage ?? usage;
    if (!json) process.stdout.write(process.stdout.isTTY ? harmless(piece) : piece);
  }
  out(json ? JSON.stringify({ model, text, generation: idOf(response), usage: usage ?? null }) : "");
  return text;
}

const idOf = (response: Response) => response.headers.get("flywheel-generation-id");
