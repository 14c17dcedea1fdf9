import type { AnswerFinish, FinishReason, ModelAnswer, Usage, WireError } from "@flywheel/protocol";
import type { AnswerEcho } from "../dialect.ts";
import { array, count, isObject, object, parseJson, string, text } from "../json.ts";
import type { Json } from "../json.ts";
import { readError } from "../openai-chat/log.ts";

type AnswerPart = ModelAnswer["parts"][number];

export function readAnswer(body: Json): ModelAnswer {
  const error = readError(body);
  return {
    id: string(body.id),
    model: string(body.model),
    parts: array(body.content).flatMap((block) => readBlock(object(block)) ?? []),
    finish: body.stop_reason ? readFinish(string(body.stop_reason), body.usage) : null,
    ...(error && { error }),
  };
}

/** Blocks of tools that ran at the provider are not ours to show as calls. */
export function readBlock(block: Json): AnswerPart | undefined {
  switch (block.type) {
    case "text":
      return { type: "text", text: string(block.text) };
    case "thinking":
      return { type: "reasoning", text: string(block.thinking), signature: text(block.signature) };
    case "redacted_thinking":
      return { type: "reasoning", text: "", signature: string(block.data), redacted: true };
    case "tool_use":
      return {
        type: "tool-call",
        id: string(block.id),
        name: string(block.name),
        arguments: JSON.stringify(block.input ?? {}),
      };
    default:
      return undefined;
  }
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

export function readFinish(raw_reason: string, usage: unknown): AnswerFinish {
  const reason = REASONS[raw_reason] ?? "other";
  return { reason, raw_reason, usage: isObject(usage) ? readUsage(usage) : null, usage_raw: usage };
}

/** Here `input_tokens` leaves out what was read from or written to the cache; ours includes it. */
function readUsage(usage: Json): Usage | null {
  const plain = count(usage.input_tokens);
  const read = count(usage.cache_read_input_tokens);
  const created = count(usage.cache_creation_input_tokens);
  const output = count(usage.output_tokens);
  const thinking = count(object(usage.output_tokens_details).thinking_tokens);
  if (plain === undefined && output === undefined) return null;
  return {
    ...(plain !== undefined && { input_tokens: plain + (read ?? 0) + (created ?? 0) }),
    ...(output !== undefined && { output_tokens: output }),
    ...(read !== undefined && { cache_read_input_tokens: read }),
    ...(created !== undefined && { cache_creation_input_tokens: created }),
    ...(thinking !== undefined && { reasoning_output_tokens: thinking }),
  };
}

export function writeUsage(usage: Usage | null): Json {
  const read = usage?.cache_read_input_tokens ?? 0;
  const created = usage?.cache_creation_input_tokens ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.input_tokens ?? 0) - read - created),
    cache_creation_input_tokens: created,
    cache_read_input_tokens: read,
    output_tokens: usage?.output_tokens ?? 0,
  };
}

const WRITTEN_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  other: "end_turn",
};

export function writeReason(finish: AnswerFinish | null): string {
  return WRITTEN_REASONS[finish?.reason ?? "stop"];
}

export function writeAnswer(answer: ModelAnswer, echo: AnswerEcho): Json {
  return {
    id: answer.id || echo.id,
    type: "message",
    role: "assistant",
    model: answer.model || echo.model,
    content: answer.parts.map(writeBlock),
    stop_reason: writeReason(answer.finish),
    stop_sequence: null,
    usage: writeUsage(answer.finish?.usage ?? null),
  };
}

function writeBlock(part: AnswerPart): Json {
  if (part.type === "text") return { type: "text", text: part.text, citations: null };
  if (part.type === "tool-call") {
    const input = parseJson(part.arguments);
    return { type: "tool_use", id: part.id, name: part.name, input: isObject(input) ? input : {} };
  }
  if (part.redacted) return { type: "redacted_thinking", data: part.signature ?? "" };
  return { type: "thinking", thinking: part.text, signature: part.signature ?? "" };
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

export function writeError(error: WireError["error"], status: number, request_id: string): Json {
  const type = ERROR_TYPES[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
  return { type: "error", error: { type, message: error.message }, request_id };
}
