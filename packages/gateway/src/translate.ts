import { FlywheelError } from "@flywheel/protocol";
import type { ModelRequest } from "@flywheel/protocol";
import { DIALECTS, readEvents, refuseUnsupported } from "@flywheel/providers";
import type { AnswerEcho, Dialect, Provider, StreamWriter } from "@flywheel/providers";
import type { Call } from "./call.ts";
import type { ClientRequest } from "./client-request.ts";

/** The dialect to speak with a provider: the client's own where it can, so that bytes pass through. */
export function dialectFor(request: ClientRequest, provider: Provider): Dialect {
  return provider.also.includes(request.dialect.id) ? request.dialect : DIALECTS[provider.dialect];
}

/** Client and provider of this call speak the same dialect, and what they say needs no reading. */
export function isSame(call: Call): boolean {
  return call.request.typed === undefined && call.answering.id === call.request.dialect.id;
}

/**
 * The client's request in the provider's words.
 * @throws FlywheelError `unsupported_parameter` where that would ask something else
 */
export function translateRequest(call: Call, provider: Provider, model: string): Uint8Array[] {
  const { request, answering } = call;
  if (isSame(call)) return request.rewrite(model, !provider.quirks.has("no_stream_options"));
  if (request.operation === "embeddings") {
    const written = answering.embeddings!.writeRequest(request.whole(), model);
    call.ignored = written.ignored;
    return [Buffer.from(JSON.stringify(written.body))];
  }
  const neutral: ModelRequest = { ...request.neutral(), model, stream: request.stream };
  refuseUnsupported(neutral);
  const { body, ignored } = answering.writeRequest(neutral, provider.quirks);
  call.ignored = ignored;
  return [Buffer.from(JSON.stringify(body))];
}

/** A provider's whole answer in the client's words, or why it is no answer to this client. */
export function translateAnswer(call: Call, body: Record<string, unknown>): Buffer | FlywheelError {
  const { request, answering } = call;
  if (request.operation === "embeddings")
    return Buffer.from(JSON.stringify(answering.embeddings!.writeAnswer(body, request.whole())));
  const read = answering.readAnswer(body);
  const settled = request.typed ? request.typed.settle(read) : read;
  if (settled instanceof FlywheelError) return settled;
  const answer = request.dialect.writeAnswer(settled, echoOf(call));
  remember(call, answer);
  return Buffer.from(JSON.stringify(answer));
}

/** @param last what ends a stream in the client's words; one of OpenAI's responses repeats the whole answer there */
export function rememberStream(call: Call, last: string): void {
  if (call.request.dialect.id !== "openai-responses") return;
  for (const { event, data } of readEvents(last))
    if (/^response\.(completed|incomplete)$/.test(event))
      remember(call, (JSON.parse(data) as { response: Record<string, unknown> }).response);
}

/** Unless the client wants nothing kept. */
function remember({ request, ports, key }: Call, { output }: Record<string, unknown>): void {
  if (request.dialect.id !== "openai-responses" || request.whole()["store"] === false) return;
  ports.items.remember(key.project, output as Record<string, unknown>[]);
}

/**
 * The client's side of a stream.
 * @param sent what passed through before this writer has its word
 */
export function writerOf(call: Call, sent: readonly Uint8Array[] = []): StreamWriter {
  return call.request.dialect.streamWriter({ ...echoOf(call), sequence: nextSequence(sent) });
}

/** OpenAI's responses number their events; in a text the quotes would be escaped. */
function nextSequence(sent: readonly Uint8Array[]): number {
  const numbers = Buffer.concat(sent)
    .toString("latin1")
    .matchAll(/"sequence_number"\s*:\s*(\d+)/g);
  return Array.from(numbers, ([, number]) => Number(number) + 1).at(-1) ?? 0;
}

/** The frame that ends a stream which cannot be finished, in the client's words: one that its SDK raises. */
export function errorFrame(call: Call, error: FlywheelError, writer: StreamWriter): Buffer {
  return Buffer.from(writer.write({ type: "error", error: error.toWire().error }));
}

function echoOf(call: Call): AnswerEcho {
  const { request } = call;
  return {
    id: call.id,
    model: request.model,
    created: Math.floor(call.time / 1000),
    usage: request.wantsUsage,
    request: request.neutral(),
  };
}

/** Whether the data of an event can be read at all. `[DONE]` is the one word that is no JSON. */
export function isReadable(data: string): boolean {
  if (data === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
