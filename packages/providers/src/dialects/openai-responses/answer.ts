import type { AnswerFinish, FinishReason, ModelAnswer, Usage, WireError } from "@flywheel/protocol";
import type { AnswerEcho } from "../dialect.ts";
import { array, count, isObject, object, string } from "../json.ts";
import type { Json } from "../json.ts";
import { readLogprobs, withBytes } from "../logprobs.ts";
import { readError } from "../openai-chat/log.ts";
import { readCall, readThought } from "./request.ts";
import { writeRequest } from "./write-request.ts";

type AnswerPart = ModelAnswer["parts"][number];

export function readAnswer(body: Json): ModelAnswer {
  const parts = array(body.output).flatMap((item) => readItem(object(item)));
  const error = readError(body);
  return {
    id: string(body.id),
    model: string(body.model),
    parts,
    finish: readFinish(
      body,
      parts.some(({ type }) => type === "tool-call"),
    ),
    ...(error && { error }),
  };
}

/** Items of tools that ran at the provider are not ours to show as calls. */
function readItem(item: Json): AnswerPart[] {
  if (item.type === "function_call") return [readCall(item)];
  if (item.type === "reasoning") return [readThought(item)];
  if (item.type !== "message") return [];
  return array(item.content).map((value) => {
    const part = object(value);
    const logprobs = readLogprobs(part.logprobs);
    const text = string(part.text) || string(part.refusal);
    return { type: "text", text, ...(logprobs.length > 0 && { logprobs }) };
  });
}

/** There is no finish reason here, only a status, and what was made. */
export function readFinish(response: Json, calls: boolean): AnswerFinish | null {
  const usage = { usage: isObject(response.usage) ? readUsage(response.usage) : null, usage_raw: response.usage };
  const status = string(response.status);
  if (UNFINISHED.has(status)) return null;
  if (status !== "incomplete") return { reason: calls ? "tool_calls" : "stop", raw_reason: status, ...usage };
  const raw_reason = string(object(response.incomplete_details).reason) || "incomplete";
  return { reason: INCOMPLETE[raw_reason] ?? "other", raw_reason, ...usage };
}

const UNFINISHED = new Set(["", "in_progress", "queued", "failed", "cancelled"]);

const INCOMPLETE: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: "length",
  content_filter: "content_filter",
};

function readUsage(usage: Json): Usage | null {
  const fields = {
    input_tokens: count(usage.input_tokens),
    output_tokens: count(usage.output_tokens),
    cache_read_input_tokens: count(object(usage.input_tokens_details).cached_tokens),
    cache_creation_input_tokens: count(object(usage.input_tokens_details).cache_write_tokens),
    reasoning_output_tokens: count(object(usage.output_tokens_details).reasoning_tokens),
  };
  const told = Object.entries(fields).filter(([, value]) => value !== undefined);
  return told.length > 0 ? Object.fromEntries(told) : null;
}

function writeUsage(usage: Usage): Json {
  const input = usage.input_tokens ?? 0;
  const output = usage.output_tokens ?? 0;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cache_read_input_tokens ?? 0,
      cache_write_tokens: usage.cache_creation_input_tokens ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning_output_tokens ?? 0 },
    total_tokens: input + output,
  };
}

export function writeAnswer(answer: ModelAnswer, echo: AnswerEcho): Json {
  const id = answer.id || echo.id;
  const output = answer.parts.map((part, index) => writeItem(part, itemId(part.type, echo.id, index)));
  return writeResponse({ id, model: answer.model || echo.model, output, finish: answer.finish, echo });
}

const ITEM_PREFIX = { text: "msg", reasoning: "rs", "tool-call": "fc" } as const;

/** @param id of the generation: not every provider gives its answers one that is unique */
export function itemId(type: AnswerPart["type"], id: string, index: number): string {
  return `${ITEM_PREFIX[type]}_${id}_${index}`;
}

export function writeItem(part: AnswerPart, id: string): Json {
  if (part.type === "text") {
    const content = [{ type: "output_text", text: part.text, annotations: [], logprobs: withBytes(part.logprobs) }];
    return { id, type: "message", status: "completed", role: "assistant", content };
  }
  if (part.type === "tool-call")
    return {
      id,
      type: "function_call",
      status: "completed",
      call_id: part.id,
      name: part.name,
      arguments: part.arguments,
    };
  const summary = part.text === "" ? [] : [{ type: "summary_text", text: part.text }];
  return { id, type: "reasoning", summary, ...(part.signature !== undefined && { encrypted_content: part.signature }) };
}

/** The whole `response` object; `finish: undefined` = still under way. */
export function writeResponse(state: {
  id: string;
  model: string;
  output: Json[];
  finish: AnswerFinish | null | undefined;
  echo: AnswerEcho;
}): Json {
  const { id, model, output, finish, echo } = state;
  const { request } = echo;
  const asked = writeRequest(request).body;
  const cut =
    finish?.reason === "length" ? "max_output_tokens" : finish?.reason === "content_filter" ? "content_filter" : null;
  return {
    id,
    object: "response",
    created_at: echo.created,
    status: finish === undefined ? "in_progress" : cut ? "incomplete" : "completed",
    background: false,
    error: null,
    incomplete_details: cut ? { reason: cut } : null,
    instructions: null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: {},
    model,
    output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: request.temperature ?? null,
    text: asked.text ?? { format: { type: "text" } },
    tool_choice: asked.tool_choice ?? "auto",
    tools: asked.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: "disabled",
    ...(finish?.usage && { usage: writeUsage(finish.usage) }),
    ...(request.user !== undefined && { user: request.user }),
  };
}

/** What the two official clients raise: one reads the fields, the other wants them in `error`. */
export function errorEvent(error: WireError["error"]): Json {
  return { code: error.code, message: error.message, param: error.param, error };
}
