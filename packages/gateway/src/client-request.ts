import { FlywheelError } from "@flywheel/protocol";
import type { DialectId, ModelRequest, Operation } from "@flywheel/protocol";
import type { ClientDialect } from "@flywheel/providers";
import { parseSpan, scanObject } from "./body.ts";
import type { Span } from "./body.ts";
import type { TypedCall } from "./endpoints/typed-call.ts";
import type { Limits } from "./limits.ts";

/** What the gateway needs to know of a request; everything else stays bytes. */
export interface ClientRequest {
  operation: Operation;
  dialect: ClientDialect;
  /** As the client sent it, or as what became of it where it is a call to an endpoint. */
  raw: Buffer;
  /** What `raw` is written in, where that is not `dialect`. */
  rawDialect?: DialectId;
  /** The name that was asked for. */
  model: string;
  /** The model or route that an endpoint of that name asks. */
  routed?: string;
  stream: boolean;
  /** The client asked for the usage chunk itself; other dialects than OpenAI chat have none that could be in the way. */
  wantsUsage: boolean;
  user: string | undefined;
  /** Asked again, it would be answered the same: temperature 0, or nothing to sample. */
  deterministic: boolean;
  /** What an endpoint says of the cache. */
  cache?: boolean;
  /** The type that an answer is held to; absent where the call is to no endpoint. */
  typed?: TypedCall;
  /** The same body for a provider: its name of the model, and usage asked for. Untouched bytes are not copied. */
  rewrite(model: string, askUsage: boolean): Uint8Array[];
  /** The same for another generation, where one of them leaves something behind. */
  again?(): ClientRequest;
  /** The body, parsed anew. */
  whole(): Record<string, unknown>;
  /** The request in neutral words, read on first use. */
  neutral(): ModelRequest;
}

const LONGEST_NAME = 512;
const LONGEST_OPTIONS = 4096;

/** The field that holds what is asked, and whether it may be a string. */
const INPUT = {
  "openai-chat": ["messages", false],
  "openai-responses": ["input", true],
  "anthropic-messages": ["messages", false],
  gemini: ["contents", false],
} as const;

/**
 * @param complete puts into a body that must be translated what the client left out as known
 * @throws FlywheelError naming the field at fault
 */
export function readClientRequest(
  raw: Buffer,
  limits: Limits,
  dialect: ClientDialect,
  operation: Operation,
  complete: (body: Record<string, unknown>) => Record<string, unknown> = (body) => body,
): ClientRequest {
  const members = scanObject(raw, limits);
  const modelSpan = members.get("model");
  const model = modelSpan && small(raw, modelSpan, LONGEST_NAME);
  if (!modelSpan || typeof model !== "string" || model === "")
    throw wrong("model", "`model` is required and must be a string.");
  checkInput(raw, members, dialect, operation);
  const stream = operation === "chat" && readStream(raw, members.get("stream"));
  const chat = dialect.id === "openai-chat";
  const optionsSpan = chat ? members.get("stream_options") : undefined;
  const options = readOptions(raw, optionsSpan);
  const whole = () => parseSpan(raw, { start: 0, end: raw.length }) as Record<string, unknown>;
  let neutral: ModelRequest | undefined;
  return {
    operation,
    dialect,
    raw,
    model,
    stream,
    wantsUsage: !chat || options?.include_usage === true,
    user: userOf(raw, members, dialect),
    deterministic: operation === "embeddings" || isZero(raw, members.get("temperature")),
    rewrite: (name, askUsage) =>
      splice(
        raw,
        edits(modelSpan, name === model ? undefined : name, chat && stream && askUsage, optionsSpan, options),
      ),
    neutral: () => (neutral ??= dialect.readRequest(complete(whole()))),
    whole,
  };
}

function checkInput(raw: Buffer, members: Map<string, Span>, dialect: ClientDialect, operation: Operation): void {
  const [name, mayBeText] = operation === "embeddings" ? (["input", true] as const) : INPUT[dialect.id];
  const first = raw[members.get(name)?.start ?? raw.length];
  if (first === 0x5b || (mayBeText && first === 0x22)) return;
  throw wrong(name, `\`${name}\` is required and must be ${mayBeText ? "a string or an array" : "an array"}.`);
}

function wrong(param: string, reason: string): FlywheelError {
  return new FlywheelError("invalid_request", { reason }, { param });
}

function small(raw: Buffer, span: Span, limit: number): unknown {
  return span.end - span.start <= limit ? parseSpan(raw, span) : undefined;
}

/** Whom the answer is for, in the dialect's own field. */
function userOf(raw: Buffer, members: Map<string, Span>, { id }: ClientDialect): string | undefined {
  const valueOf = (name: string, limit: number) => members.get(name) && small(raw, members.get(name)!, limit);
  const user =
    id === "anthropic-messages"
      ? (valueOf("metadata", LONGEST_OPTIONS) as { user_id?: unknown } | null | undefined)?.user_id
      : (valueOf("user", LONGEST_NAME) ?? valueOf("safety_identifier", LONGEST_NAME));
  return typeof user === "string" ? user : undefined;
}

function isZero(raw: Buffer, span: Span | undefined): boolean {
  return span !== undefined && small(raw, span, 16) === 0;
}

function readStream(raw: Buffer, span: Span | undefined): boolean {
  const value = span === undefined ? false : small(raw, span, 16);
  if (typeof value !== "boolean" && value !== null) throw wrong("stream", "`stream` must be true or false.");
  return value === true;
}

function readOptions(raw: Buffer, span: Span | undefined): Record<string, unknown> | undefined {
  if (span === undefined) return undefined;
  const value = small(raw, span, LONGEST_OPTIONS);
  if (value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value))
    throw wrong("stream_options", "`stream_options` must be an object.");
  return value as Record<string, unknown>;
}

interface Edit extends Span {
  text: string;
}

function edits(
  modelSpan: Span,
  name: string | undefined,
  askUsage: boolean,
  optionsSpan: Span | undefined,
  options: object | undefined,
): Edit[] {
  const list: Edit[] = [];
  if (name !== undefined) list.push({ ...modelSpan, text: JSON.stringify(name) });
  if (askUsage) {
    const wanted = JSON.stringify({ ...options, include_usage: true });
    if (optionsSpan) list.push({ ...optionsSpan, text: wanted });
    else list.push({ start: modelSpan.end, end: modelSpan.end, text: `,"stream_options":${wanted}` });
  }
  return list.toSorted((a, b) => a.start - b.start);
}

function splice(raw: Buffer, list: readonly Edit[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const edit of list) {
    if (edit.start > at) parts.push(raw.subarray(at, edit.start));
    parts.push(Buffer.from(edit.text));
    at = edit.end;
  }
  parts.push(at === 0 ? raw : raw.subarray(at));
  return parts;
}
