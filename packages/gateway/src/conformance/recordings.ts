import { globSync, readFileSync } from "node:fs";
import { FlywheelError } from "@flywheel/protocol";
import { readPlainly } from "./plain-reader.ts";
import type { Dialect } from "./reading.ts";

/** One recorded successful answer in a dialect of ours. */
export interface Recording {
  /** Path of its file, and the number of the exchange where a file holds several. */
  name: string;
  /** Who answered, such as `openai` or `mistral`. */
  provider: string;
  dialect: Dialect;
  operation: "chat" | "embeddings";
  stream: boolean;
  /** The recorded request body; `undefined` where none was kept. */
  request: Record<string, unknown> | undefined;
  /** The answer's bytes, streams in their framing. */
  body: string;
}

/** A recording that asks nothing of us. */
export interface Skipped {
  name: string;
  provider: string;
  /** Why, in a few words; the same words for the same kind. */
  skipped: string;
}

/**
 * Every recording of a folder: `*.jsonl`, one object a line with `source` and `interactions` of
 * `{request: {method, uri, body}, response: {status, content_type, body}}`; and `<fixtures>/<provider>/**`, answers only:
 * `.json` whole, `.chunks.txt` one event a line without its framing, which is put back, and `.sse`.
 */
export function readRecordings(folder: string): (Recording | Skipped)[] {
  const lines = globSync("*.jsonl", { cwd: folder }).toSorted();
  const files = globSync("*/**/*.{json,chunks.txt,sse}", { cwd: folder }).toSorted();
  const entries = [
    ...lines.flatMap((file) => readInteractions(readFileSync(`${folder}/${file}`, "utf8"), file)),
    ...files.map((file) => readFixture(file, readFileSync(`${folder}/${file}`, "utf8"))),
  ];
  return entries.map((entry) => (isSkipped(entry) ? entry : withAnswer(entry)));
}

/** A good status is no proof of an answer. */
function withAnswer(recording: Recording): Recording | Skipped {
  try {
    readPlainly(recording);
    return recording;
  } catch {
    return { name: recording.name, provider: recording.provider, skipped: "failed: no answer of its dialect" };
  }
}

export function isSkipped(entry: Recording | Skipped): entry is Skipped {
  return "skipped" in entry;
}

interface Interaction {
  request: { uri: string; method: string; body: unknown };
  response: { status: number | { code: number }; content_type?: string; body: unknown };
}

function readInteractions(text: string, file: string): (Recording | Skipped)[] {
  return text.split("\n").flatMap((line, number) => {
    if (line.trim() === "") return [];
    const { source = file, interactions } = object(parsed(line)) ?? {};
    if (typeof source !== "string" || !Array.isArray(interactions))
      throw new FlywheelError("invalid_request", {
        reason: `${file}, line ${number + 1}: not an object with \`interactions\`.`,
      });
    return interactions.map((interaction, index) => {
      try {
        return readInteraction(interaction as Interaction, `${source}#${index}`);
      } catch (error) {
        const reason = `${file}, line ${number + 1}, interaction ${index}: ${(error as Error).message}`;
        throw new FlywheelError("invalid_request", { reason });
      }
    });
  });
}

const ENDPOINTS: readonly [RegExp, Dialect, Recording["operation"]][] = [
  [/\/chat\/completions(#stream)?$/, "openai-chat", "chat"],
  [/\/embeddings$/, "openai-chat", "embeddings"],
  [/\/responses$/, "openai-responses", "chat"],
  [/\/messages$/, "anthropic-messages", "chat"],
  [/:(generateContent|streamGenerateContent)$/, "gemini", "chat"],
];

function readInteraction({ request, response }: Interaction, name: string): Recording | Skipped {
  const url = new URL(request.uri);
  const provider = providerOf(url);
  const skip = (skipped: string): Skipped => ({ name, provider, skipped });
  const status = typeof response.status === "object" ? response.status.code : response.status;
  const endpoint = ENDPOINTS.find(([pattern]) => pattern.test(url.pathname + url.hash));
  const method = request.method.toUpperCase();
  if (!endpoint || method !== "POST") return skip(`foreign: ${provider} ${method} ${endpointName(url)}`);
  if (status !== 200) return skip(`failed: status ${status}`);
  const [, dialect, operation] = endpoint;
  const body = typeof response.body === "string" ? response.body : JSON.stringify(response.body);
  const stream = response.content_type?.includes("event-stream") ?? false;
  const failure = stream ? undefined : whyNoAnswer(parsed(body));
  if (failure !== undefined) return skip(failure);
  return { name, provider, dialect, operation, stream, request: object(parsed(request.body)), body };
}

/** An address without what differs from call to call. */
function endpointName({ pathname }: URL): string {
  const known = /^([a-z_]+|v\d\w*)$/i;
  const segments = pathname.split(/(?=[/:])/).map((part) => (known.test(part.slice(1)) ? part : `${part[0]}*`));
  return segments.join("").replace(/(\/\*)+/g, "/*");
}

const HOSTS: readonly [RegExp, string][] = [
  [/(^|\.)generativelanguage\.googleapis\.com$/, "google"],
  [/aiplatform\.googleapis\.com$/, "google-vertex"],
  [/^bedrock-mantle\..*\.api\.aws$/, "bedrock-mantle"],
  [/^bedrock-runtime\..*\.amazonaws\.com$/, "amazon-bedrock"],
  [/\.openai\.azure\.com$/, "azure"],
  [/\.snowflakecomputing\.com$/, "snowflake"],
  [/^router\.huggingface\.co$/, "huggingface"],
  [/^api\.z\.ai$/, "z.ai"],
  [/:11434$/, "ollama"],
  [/:8000$/, "vllm"],
];

function providerOf({ host }: URL): string {
  return HOSTS.find(([pattern]) => pattern.test(host))?.[1] ?? host.split(".").at(-2) ?? host;
}

function readFixture(file: string, text: string): Recording | Skipped {
  const [, provider = file] = file.split("/");
  const skip = (skipped: string): Skipped => ({ name: file, provider, skipped });
  const foreign = (): Skipped => skip(`foreign: ${file.split("/").slice(1, -1).join("/")}`);
  const base = { name: file, provider, request: undefined };
  if (file.endsWith(".json")) {
    const body = object(parsed(text)) ?? {};
    const shape = WHOLE_SHAPES.find(([fits]) => fits(body));
    const failure = whyNoAnswer(body);
    if (failure !== undefined) return skip(failure);
    if (!shape) return foreign();
    return { ...base, dialect: shape[1], operation: shape[2], stream: false, body: text };
  }
  const dialect = STREAM_SHAPES.find(([pattern]) => pattern.test(text))?.[1];
  if (!dialect) return foreign();
  if (/"type": ?"response\.failed"/.test(text)) return skip("failed: the stream reports it");
  const body = file.endsWith(".sse") ? text : framed(text, dialect);
  if (body === undefined) return skip("failed: not JSON");
  return { ...base, dialect, operation: "chat", stream: true, body };
}

type Body = Record<string, unknown>;

const WHOLE_SHAPES: readonly [fits: (body: Body) => boolean, Dialect, Recording["operation"]][] = [
  [({ choices, object: kind }) => Array.isArray(choices) && kind !== "text_completion", "openai-chat", "chat"],
  [({ data, object: kind }) => Array.isArray(data) && kind === "list", "openai-chat", "embeddings"],
  [({ output, object: kind }) => Array.isArray(output) && kind === "response", "openai-responses", "chat"],
  [({ content, type }) => Array.isArray(content) && type === "message", "anthropic-messages", "chat"],
  [(body) => Array.isArray(body.candidates) || object(body.promptFeedback) !== undefined, "gemini", "chat"],
];

const STREAM_SHAPES: readonly [RegExp, Dialect][] = [
  [/"object": ?"chat\.completion\.chunk"|"choices": ?\[\{"index": ?0, ?"delta"/, "openai-chat"],
  [/"type": ?"response\.(created|output_)/, "openai-responses"],
  [/"type": ?"message_start"/, "anthropic-messages"],
  [/"candidates": ?\[/, "gemini"],
];

/** Why a body under a good status is no finished answer; `undefined` where it may be one. */
function whyNoAnswer(body: unknown): string | undefined {
  const { error, status } = object(body) ?? {};
  if (body === undefined) return "failed: not JSON";
  if (typeof error === "object" && error !== null) return "failed: an error body";
  return status === "queued" ? "failed: put off to be asked for later" : undefined;
}

/** Events as they were on the wire: named after their type, `[DONE]` after OpenAI's chunks, Google's lines ended as in HTTP. */
function framed(text: string, dialect: Dialect): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const events = lines.map((data) => ({ data, event: object(parsed(data)) }));
  if (events.some(({ event }) => event === undefined)) return undefined;
  const name = (type: unknown): string => (typeof type === "string" ? `event: ${type}\n` : "");
  const stream = events.map(({ data, event }) => `${name(event!.type)}data: ${data}\n\n`).join("");
  if (dialect === "openai-chat") return `${stream}data: [DONE]\n\n`;
  return dialect === "gemini" ? stream.replaceAll("\n", "\r\n") : stream;
}

function parsed(body: unknown): unknown {
  try {
    return typeof body === "string" ? (JSON.parse(body) as unknown) : body;
  } catch {
    return undefined;
  }
}

function object(value: unknown): Body | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
}
