import type { DisplayMessage, WireError } from "@flywheel/protocol";
import { outputText } from "../answer.ts";
import type { DecodedRequest, DecodedResponse } from "../dialect.ts";
import { array, isObject, object, parseJson, string } from "../json.ts";
import type { Json } from "../json.ts";
import { readCost, readUsage } from "../openai-usage.ts";
import { readEvents } from "../sse.ts";

export function decodeRequest(raw: Uint8Array): DecodedRequest {
  const { messages: rawMessages, input, ...params } = object(parseJson(decodeUtf8(raw)));
  const asked = array(rawMessages).length > 0 ? array(rawMessages) : embedded(input);
  const messages = asked.map((message) => readMessage(object(message)));
  const input_text = messages
    .map((message) => messageText(message))
    .filter((text) => text !== "")
    .join("\n\n");
  return { messages, input_text, params };
}

/** What embeddings are asked for; tokens instead of text say nothing to a reader. */
function embedded(input: unknown): Json[] {
  const texts = (Array.isArray(input) ? input : [input]).filter((text) => typeof text === "string");
  return texts.map((content) => ({ role: "user", content }));
}

export function decodeResponse(raw: Uint8Array, contentType: string): DecodedResponse {
  const text = decodeUtf8(raw);
  const stream = contentType.toLowerCase().includes("event-stream") || /^\ufeff?(data|event|id|retry)?:/.test(text);
  return stream ? decodeStream(text) : decodeBody(object(parseJson(text)));
}

/** Invalid bytes, also a character cut in two, become U+FFFD. */
function decodeUtf8(raw: Uint8Array): string {
  return new TextDecoder().decode(raw);
}

function decodeBody(body: Json): DecodedResponse {
  const choice = object(array(body.choices)[0]);
  const message = isObject(choice.message) ? readMessage(choice.message, "assistant") : null;
  return summarise(body, message, string(choice.finish_reason), body.usage, readError(body));
}

/** A streamed answer put together again. Only the first choice is kept, as a person would read it. */
function decodeStream(text: string): DecodedResponse {
  const answer = new StreamedAnswer();
  for (const { data } of readEvents(text)) {
    if (data === "[DONE]") break;
    const chunk = parseJson(data);
    if (isObject(chunk)) answer.add(chunk);
  }
  return summarise(answer.head, answer.message(), answer.finishReason, answer.usage, answer.error);
}

class StreamedAnswer {
  head: { id?: unknown; model?: unknown } = {};
  finishReason = "";
  usage: unknown;
  error: WireError["error"] | undefined;

  #started = false;
  #role = "";
  #text = "";
  #reasoning = "";
  #calls = new Map<number, { id: string; name: string; arguments: string }>();

  add(chunk: Json): void {
    this.head.id ||= chunk.id;
    this.head.model ||= chunk.model;
    this.error ??= readError(chunk);
    // Groq also reports usage under a name of its own.
    const usage = isObject(chunk.usage) ? chunk.usage : object(chunk.x_groq).usage;
    if (isObject(usage)) this.usage = usage;
    for (const choice of array(chunk.choices)) if ((object(choice).index ?? 0) === 0) this.#addChoice(object(choice));
  }

  message(): DisplayMessage | null {
    if (!this.#started) return null;
    return displayMessage(this.#role || "assistant", this.#text, this.#reasoning, [...this.#calls.values()]);
  }

  #addChoice(choice: Json): void {
    this.#started = true;
    this.finishReason = string(choice.finish_reason) || this.finishReason;
    const delta = object(choice.delta);
    this.#role ||= string(delta.role);
    this.#text += contentText(delta.content) + string(delta.refusal);
    this.#reasoning += reasoningText(delta);
    for (const call of array(delta.tool_calls)) this.#addCall(object(call));
  }

  #addCall(delta: Json): void {
    const index = typeof delta.index === "number" ? delta.index : this.#calls.size; // without an index each is a whole call
    const call = this.#calls.get(index) ?? { id: "", name: "", arguments: "" };
    const part = object(delta.function);
    call.id ||= string(delta.id);
    call.name ||= string(part.name);
    call.arguments += argumentsText(part.arguments);
    this.#calls.set(index, call);
  }
}

function summarise(
  head: Json,
  message: DisplayMessage | null,
  finish: string,
  usage: unknown,
  error: WireError["error"] | undefined,
): DecodedResponse {
  const cost = isObject(usage) ? readCost(usage) : undefined;
  return {
    output_text: message ? outputText(message) : "",
    message,
    finish_reason: finish,
    response_model: string(head.model),
    response_id: string(head.id),
    usage: isObject(usage) ? readUsage(usage) : null,
    usage_raw: isObject(usage) ? JSON.stringify(usage) : "",
    ...(cost === undefined ? {} : { provider_cost_nano: cost }),
    ...(error === undefined ? {} : { error }),
  };
}

function messageText(message: DisplayMessage): string {
  const calls = (message.tool_calls ?? []).map((call) => `${call.name}(${call.arguments})`);
  return [message.text, ...calls].filter((text) => text !== "").join("\n");
}

function readMessage(message: Json, fallbackRole = "user"): DisplayMessage {
  const calls = array(message.tool_calls).map((call) => {
    const { id, function: target } = object(call);
    return { id: string(id), name: string(object(target).name), arguments: argumentsText(object(target).arguments) };
  });
  const text = contentText(message.content) + string(message.refusal);
  return displayMessage(string(message.role) || fallbackRole, text, reasoningText(message), calls);
}

function displayMessage(
  role: string,
  text: string,
  reasoning: string,
  calls: NonNullable<DisplayMessage["tool_calls"]>,
): DisplayMessage {
  return { role, text, ...(reasoning !== "" && { reasoning }), ...(calls.length > 0 && { tool_calls: calls }) };
}

/** Content is a string or a list of parts; what is not text is named in brackets. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return array(content)
    .map((part) => partText(object(part)))
    .join("");
}

function partText(part: Json): string {
  if (typeof part.text === "string") return part.text;
  if (typeof part.refusal === "string") return part.refusal;
  return part.type === "thinking" || typeof part.type !== "string" ? "" : `[${part.type}]`;
}

/** DeepSeek, vLLM: `reasoning_content`; OpenRouter, Groq: `reasoning`; Mistral: parts of type `thinking`. */
export function reasoningText(message: Json): string {
  const direct = string(message.reasoning_content) || string(message.reasoning);
  if (direct !== "" || !Array.isArray(message.content)) return direct;
  const thoughts = message.content.filter((part) => object(part).type === "thinking");
  return thoughts.map((part) => contentText(object(part).thinking)).join("");
}

/** A string by the specification; some servers send the object itself. */
export function argumentsText(value: unknown): string {
  return typeof value === "string" ? value : isObject(value) ? JSON.stringify(value) : "";
}

/** The `error` of a body in OpenAI's shape, or in one of the shapes that compatible servers use instead. */
export function readError(body: Json): WireError["error"] | undefined {
  const error = body.error;
  if (typeof error === "string" && error !== "")
    return { message: error, type: "api_error", param: null, code: "upstream_error" };
  if (!isObject(error)) return undefined;
  const code = typeof error.code === "string" || typeof error.code === "number" ? String(error.code) : "upstream_error";
  const param = typeof error.param === "string" ? error.param : null;
  return {
    message: string(error.message) || "The provider gave no message.",
    type: string(error.type) || "api_error",
    param,
    code,
  };
}
