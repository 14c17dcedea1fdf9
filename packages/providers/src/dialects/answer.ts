import type {
  DisplayMessage,
  MessagePart,
  ModelAnswer,
  ModelMessage,
  ModelRequest,
  StreamPart,
} from "@flywheel/protocol";
import type { DecodedRequest, DecodedResponse, StreamReader } from "./dialect.ts";
import { array, isObject, object, parseJson } from "./json.ts";
import type { Json } from "./json.ts";
import { readCost } from "./openai-usage.ts";
import { readEvents } from "./sse.ts";

type AnswerPart = ModelAnswer["parts"][number];

/** Put a stream together again. */
export function collectAnswer(parts: Iterable<StreamPart>): ModelAnswer {
  const answer: ModelAnswer = { id: "", model: "", parts: [], finish: null };
  const blocks = new Map<number, AnswerPart>();
  const open = (block: number, part: AnswerPart): void => {
    blocks.set(block, part);
    answer.parts.push(part);
  };
  for (const part of parts) {
    if (part.type === "start") Object.assign(answer, { id: part.id, model: part.model });
    else if (part.type === "finish") {
      const { type: _, ...finish } = part;
      answer.finish = finish;
    } else if (part.type === "counted") answer.counted = { usage: part.usage, usage_raw: part.usage_raw };
    else if (part.type === "error") answer.error ??= part.error;
    else if (part.type === "text-start") open(part.block, { type: "text", text: "" });
    else if (part.type === "reasoning-start") open(part.block, { type: "reasoning", text: "" });
    else if (part.type === "tool-call-start")
      open(part.block, { type: "tool-call", id: part.id, name: part.name, arguments: "" });
    else grow(blocks.get(part.block), part);
  }
  return answer;
}

function grow(block: AnswerPart | undefined, part: StreamPart): void {
  if (!block) return;
  if (part.type === "text-delta" && block.type === "text") {
    block.text += part.text;
    if (part.logprobs) block.logprobs = [...(block.logprobs ?? []), ...part.logprobs];
  } else if (part.type === "reasoning-delta" && block.type === "reasoning") block.text += part.text;
  else if (part.type === "tool-call-delta" && block.type === "tool-call") block.arguments += part.arguments;
  else if (part.type === "reasoning-end" && block.type === "reasoning") {
    if (part.signature !== undefined) block.signature = part.signature;
    if (part.redacted) block.redacted = true;
  } else if (part.type === "tool-call-end" && block.type === "tool-call" && part.signature !== undefined)
    block.signature = part.signature;
}

/** All parts of a whole event stream. */
export function readStream(text: string, reader: StreamReader): StreamPart[] {
  const parts = readEvents(text).flatMap(({ event, data }) => reader.read(event, data));
  return [...parts, ...reader.end()];
}

/** `decodeRequest` of a dialect, from its reader of neutral requests. */
export function requestDecoder(
  read: (body: Json) => ModelRequest,
  inputField: string,
): (raw: Uint8Array) => DecodedRequest {
  return orNothing({ messages: [], input_text: "", params: {} }, (raw) => {
    const body = object(parseJson(new TextDecoder().decode(raw)));
    const { [inputField]: _, ...params } = body;
    const messages = read(body).messages.map(displayMessage);
    const input_text = messages
      .map(({ text, tool_calls = [] }) => [text, ...tool_calls.map((call) => `${call.name}(${call.arguments})`)])
      .flat()
      .filter((text) => text !== "")
      .join("\n\n");
    return { messages, input_text, params };
  });
}

/** `decodeResponse` of a dialect, from its readers. */
export function responseDecoder(
  readAnswer: (body: Json) => ModelAnswer,
  streamReader: () => StreamReader,
): (raw: Uint8Array, contentType: string) => DecodedResponse {
  return orNothing(decoded({ id: "", model: "", parts: [], finish: null }), (raw, contentType) => {
    const text = new TextDecoder().decode(raw);
    const stream = contentType.toLowerCase().includes("event-stream") || /^\ufeff?(data|event|id|retry)?:/.test(text);
    if (stream) return decoded(collectAnswer(readStream(text, streamReader())));
    const value = parseJson(text);
    return decoded(readAnswer(object(Array.isArray(value) ? array(value)[0] : value)));
  });
}

/** Logs show nothing of what no reader can hold, such as objects nested deeper than the stack. */
function orNothing<In extends unknown[], Out>(nothing: Out, decode: (...input: In) => Out): (...input: In) => Out {
  return (...input) => {
    try {
      return decode(...input);
    } catch {
      return nothing;
    }
  };
}

function decoded(answer: ModelAnswer): DecodedResponse {
  const { usage = null, usage_raw: raw } = answer.finish ?? answer.counted ?? {};
  const message = answer.parts.length === 0 ? null : displayMessage({ role: "assistant", parts: answer.parts });
  const cost = isObject(raw) ? readCost(raw) : undefined;
  return {
    output_text: message ? outputText(message) : "",
    message,
    finish_reason: answer.finish?.raw_reason ?? "",
    response_model: answer.model,
    response_id: answer.id,
    usage,
    usage_raw: isObject(raw) ? JSON.stringify(raw) : "",
    ...(cost === undefined ? {} : { provider_cost_nano: cost }),
    ...(answer.error === undefined ? {} : { error: answer.error }),
  };
}

/** Text, then reasoning and tool calls as one JSON line each. */
export function outputText(message: DisplayMessage): string {
  const lines = [message.text];
  if (message.reasoning) lines.push(JSON.stringify({ reasoning: message.reasoning }));
  for (const call of message.tool_calls ?? [])
    lines.push(JSON.stringify({ tool_call: call.name, arguments: call.arguments }));
  return lines.filter((line) => line !== "").join("\n");
}

/** A message for a person to read; what is not text is named in brackets. */
function displayMessage({ role, parts }: ModelMessage): DisplayMessage {
  const reasoning = parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
  const calls = parts.flatMap((part) =>
    part.type === "tool-call" ? [{ id: part.id, name: part.name, arguments: part.arguments }] : [],
  );
  return {
    role,
    text: parts.map(partText).join(""),
    ...(reasoning !== "" && { reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function partText(part: MessagePart): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "tool-result":
      return part.parts.map(partText).join("");
    case "image":
      return "[image]";
    case "file":
      return `[${part.name ?? "file"}]`;
    default:
      return "";
  }
}
