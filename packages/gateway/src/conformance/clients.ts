import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { readEmbeddings, readEvents, readPlainly, readWhole } from "./plain-reader.ts";
import type { ClientDialect, Reading } from "./reading.ts";
import type { Recording } from "./recordings.ts";

/** Where a client asks. */
export interface Address {
  /** With `/v1`, as one hands it to the OpenAI SDK. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  key: string;
  /** In place of the network. */
  fetch?: ((url: string | URL | Request, init?: RequestInit) => Promise<Response>) | undefined;
}

type Body = Readonly<Record<string, unknown>>;

interface Client {
  /** The least one can ask. */
  hello: Body;
  /** Ask through the vendor's own SDK. @throws what the SDK throws */
  ask(at: Address, body: Body, stream: boolean): Promise<Reading>;
}

/** The vendors' own SDKs, unmodified, without their retries. */
const SDKS: Readonly<Record<ClientDialect, Client>> = {
  "openai-chat": {
    hello: { messages: [{ role: "user", content: "Hi" }] },
    async ask(at, body, stream) {
      const { completions } = openai(at).chat;
      if (!stream) return readWhole("openai-chat", await completions.create(body as never));
      const events = await completions.create({ ...body, stream } as never);
      return readEvents("openai-chat", await collect(events));
    },
  },
  "openai-responses": {
    hello: { input: "Hi" },
    async ask(at, body, stream) {
      const { responses } = openai(at);
      if (!stream) return readWhole("openai-responses", await responses.create(body as never));
      return readEvents("openai-responses", await collect(await responses.create({ ...body, stream } as never)));
    },
  },
  "anthropic-messages": {
    hello: { max_tokens: 1024, messages: [{ role: "user", content: "Hi" }] },
    async ask(at, body, stream) {
      const { messages } = anthropic(at);
      if (!stream) return readWhole("anthropic-messages", await messages.create(body as never));
      return readWhole("anthropic-messages", await messages.stream(body as never).finalMessage());
    },
  },
};

/**
 * Ask for one recording through `client`, with the recorded request where it is in that dialect.
 * @throws what the SDK throws, such as for an error frame
 */
export function ask(client: ClientDialect, at: Address, recording: Recording, model: string): Promise<Reading> {
  const { dialect, operation, stream, request } = recording;
  if (operation === "embeddings") return embed(at, recording, model);
  const { hello, ask } = SDKS[client];
  const usage = client === "openai-chat" && stream ? { stream_options: { include_usage: true } } : {};
  const { stream: _, ...recorded } = client === dialect && request ? request : {};
  return ask(at, { ...usage, ...hello, ...recorded, model }, stream);
}

async function embed(at: Address, { request }: Recording, model: string): Promise<Reading> {
  const body = { input: "Hi", ...request, model, encoding_format: "float" };
  return readEmbeddings(await openai(at).embeddings.create(body as never));
}

/** What the vendor's SDK finds in the recording itself; where there is none, or it raises an error, what the plain reader does. */
export async function readDirectly(recording: Recording): Promise<{ reading: Reading; raised: boolean }> {
  const { dialect, stream, body } = recording;
  if (dialect === "gemini") return { reading: readPlainly(recording), raised: false };
  const headers = { "content-type": stream ? "text/event-stream" : "application/json" };
  const fetch = (): Promise<Response> => Promise.resolve(new Response(body, { headers }));
  const at: Address = { baseUrl: "http://recording.invalid/v1", headers: {}, key: "none", fetch };
  try {
    return { reading: await ask(dialect, at, recording, "recorded"), raised: false };
  } catch {
    return { reading: readPlainly(recording), raised: true };
  }
}

/** Nothing of the environment's goes to somebody else's gateway. */
const openai = ({ baseUrl: baseURL, headers: defaultHeaders, key: apiKey, fetch }: Address): OpenAI =>
  new OpenAI({
    baseURL,
    defaultHeaders,
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: PATIENCE_MS,
    ...(fetch && { fetch }),
  });

/** This SDK adds `/v1` itself. */
const anthropic = ({ baseUrl, headers: defaultHeaders, key: apiKey, fetch }: Address): Anthropic =>
  new Anthropic({
    baseURL: baseUrl.replace(/\/v1$/, ""),
    defaultHeaders,
    apiKey,
    maxRetries: 0,
    timeout: PATIENCE_MS,
    ...(fetch && { fetch }),
  });

const PATIENCE_MS = 20_000;

async function collect(events: unknown): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const event of events as AsyncIterable<unknown>) list.push(event);
  return list;
}
