import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FlywheelError, type WireError } from "@flywheel/protocol";
import { harmless } from "@flywheel/store/commands";
import { errorOf, runningServer } from "./connect.ts";
import { eventData } from "./event-stream.ts";
import type { Place } from "./place.ts";
import type { AppContext } from "./app-command.ts";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Where to ask, and as whom. */
export interface ChatLine {
  /** Up to and with `/v1`. */
  url: string;
  key: string;
}

/** Throws `conflict` where no server runs, `config_invalid` where there is no key. */
export async function chatLine(place: Place): Promise<ChatLine> {
  const server = await runningServer(place.dataDir);
  if (!server?.base_url)
    throw new FlywheelError("conflict", {
      reason: "No server runs on this data folder. Start one with `flywheel dev`.",
    });
  return { url: server.base_url, key: keyOf(place) };
}

function keyOf({ env, dataDir }: Place): string {
  const file = join(dataDir, "dev.key");
  const key = env["FLYWHEEL_KEY"] ?? (existsSync(file) ? readFileSync(file, "utf8").trim() : "");
  if (key) return key;
  throw new FlywheelError("config_invalid", {
    reason: "Set FLYWHEEL_KEY to a key; `flywheel keys create <name>` makes one.",
  });
}

/** Routes and models by name, as far as they are listed. */
export async function modelNames({ url, key }: ChatLine): Promise<string[]> {
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
  { url, key }: ChatLine,
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
