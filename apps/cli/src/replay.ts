import { setTimeout as sleep } from "node:timers/promises";
import { type DialectId, FlywheelError, type GenerationDetail, HEADER, type Operation } from "@flywheel/protocol";
import { generationLine, harmless } from "@flywheel/store/commands";
import type { AppCommand, AppContext } from "./app-command.ts";
import { errorOf } from "./connect.ts";
import { type PublicApi, publicApi } from "./public-api.ts";

/** `flywheel replay`: a logged request once more, through the public API and past the cache. */
export const replayCommand: AppCommand = {
  usage: "replay <generation>",
  summary: "run a logged request again",
  options: [{ flags: "-m, --model <model>", description: "ask this model or route instead of the one asked then" }],
  examples: ["flywheel replay gen_0199…", "flywheel replay gen_0199… --model openai/gpt-4o --json"],
  async run(context, [id], { model }) {
    const line = await publicApi(context.place);
    const original = await find(context, id!);
    const body = requestOf(original, model === undefined ? undefined : String(model));
    if (original.redactions > 0)
      context.note("Parts of this generation were redacted before it was stored: the model gets the replacements.");
    context.note(`asking ${harmless(String(body["model"]))} …`);
    const replayed = await stored(context, await send(line, original, body, context.signal));
    if (context.json)
      context.out(JSON.stringify({ original: withoutBodies(original), replay: withoutBodies(replayed) }));
    else show(context, original, replayed);
    return replayed.status === "ok" ? 0 : 1;
  },
};

async function find({ api }: AppContext, id: string): Promise<GenerationDetail> {
  return (await api()).get<GenerationDetail>(`/api/generations/${encodeURIComponent(id)}`);
}

function requestOf({ id, request_body }: GenerationDetail, model: string | undefined): Record<string, unknown> {
  try {
    const body = JSON.parse(request_body) as Record<string, unknown>;
    return model === undefined ? body : { ...body, model };
  } catch {
    throw new FlywheelError("invalid_request", { reason: `The request of ${id} was not kept whole.` });
  }
}

/** Where each dialect's clients ask. Gemini is spoken to providers only. */
const PATHS: Record<Operation, Partial<Record<DialectId, string>>> = {
  chat: {
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "anthropic-messages": "/messages",
  },
  embeddings: { "openai-chat": "/embeddings" },
};

/** The new generation's id. */
async function send(
  { url, key }: PublicApi,
  original: GenerationDetail,
  body: object,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(url + PATHS[original.operation_name][original.request_dialect], {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", [HEADER.cache]: "off" },
    body: JSON.stringify(body),
    signal,
  });
  const id = response.headers.get(HEADER.generationId);
  if (id === null) throw await errorOf(response);
  await response.bytes(); // it is on record before its last byte
  return id;
}

const STORED_MS = 30_000;

async function stored(context: AppContext, id: string): Promise<GenerationDetail> {
  const deadline = Date.now() + STORED_MS;
  for (;;) {
    try {
      return await find(context, id);
    } catch (error) {
      const early = error instanceof FlywheelError && error.code === "generation_not_found";
      if (!early || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

function withoutBodies({ request_body: _, response_body: __, ...rest }: GenerationDetail): object {
  return rest;
}

function show({ out, color }: AppContext, original: GenerationDetail, replayed: GenerationDetail): void {
  for (const [title, generation] of [
    ["then", original],
    ["now", replayed],
  ] as const) {
    out(`${title.padEnd(4)}  ${generationLine(generation, color)}`);
    const said = generation.error_message || generation.output_text;
    out(`      ${harmless(said).replaceAll("\n", "\n      ")}\n`);
  }
}
