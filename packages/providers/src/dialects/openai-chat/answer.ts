import type { AnswerFinish, FinishReason, ModelAnswer, TokenLogprob, Usage } from "@flywheel/protocol";
import type { AnswerEcho } from "../dialect.ts";
import { array, isObject, object, string } from "../json.ts";
import type { Json } from "../json.ts";
import { readLogprobs } from "../logprobs.ts";
import { readUsage } from "../openai-usage.ts";
import { contentText, readError, reasoningText } from "./log.ts";
import { readCalls } from "./request.ts";
import { writeCall } from "./write-request.ts";

export function readAnswer(body: Json): ModelAnswer {
  const choice = object(array(body.choices)[0]);
  const message = object(choice.message);
  const parts: ModelAnswer["parts"] = [];
  const thought = reasoningText(message);
  if (thought !== "") parts.push({ type: "reasoning", text: thought });
  const words = contentText(message.content) + string(message.refusal);
  const logprobs = logprobsOf(choice);
  if (words !== "") parts.push({ type: "text", text: words, ...(logprobs && { logprobs }) });
  parts.push(...(readCalls(message) as ModelAnswer["parts"]));
  const error = readError(body);
  const calls = parts.some(({ type }) => type === "tool-call");
  return {
    id: string(body.id),
    model: string(body.model),
    parts,
    finish: isObject(choice.message) ? readFinish(string(choice.finish_reason), body.usage, calls) : null,
    ...(error && { error }),
  };
}

/** Some servers give no reason; that the answer is over shows otherwise then. */
export function readFinish(raw_reason: string, usage: unknown, calls: boolean): AnswerFinish {
  return {
    reason: raw_reason === "" ? (calls ? "tool_calls" : "stop") : reasonOf(raw_reason),
    raw_reason,
    usage: isObject(usage) ? readUsage(usage) : null,
    usage_raw: usage,
  };
}

const REASONS: readonly string[] = ["stop", "length", "tool_calls", "content_filter"];

function reasonOf(raw: string): FinishReason {
  if (REASONS.includes(raw)) return raw as FinishReason;
  if (raw === "function_call") return "tool_calls";
  return raw === "eos" ? "stop" : "other";
}

export function logprobsOf(choice: Json): TokenLogprob[] | undefined {
  const { content } = object(choice.logprobs);
  return Array.isArray(content) ? readLogprobs(content) : undefined;
}

export function writeAnswer(answer: ModelAnswer, echo: AnswerEcho): Json {
  const texts = answer.parts.filter((part) => part.type === "text");
  const thought = answer.parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
  const calls = answer.parts.filter((part) => part.type === "tool-call").map(writeCall);
  const logprobs = texts.flatMap((part) => part.logprobs ?? []);
  return {
    id: answer.id || echo.id,
    object: "chat.completion",
    created: echo.created,
    model: answer.model || echo.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: texts.length === 0 ? null : texts.map((part) => part.text).join(""),
          refusal: null,
          ...(thought !== "" && { reasoning_content: thought }),
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
        finish_reason: writeReason(answer.finish?.reason),
      },
    ],
    usage: writeUsage(answer.finish?.usage ?? null),
  };
}

/** The published enumeration has no word for "other". */
export function writeReason(reason: FinishReason | undefined): string {
  return reason === undefined || reason === "other" ? "stop" : reason;
}

export function writeUsage(usage: Usage | null): Json | undefined {
  if (!usage) return undefined;
  const input = usage.input_tokens ?? 0;
  const output = usage.output_tokens ?? 0;
  const created = usage.cache_creation_input_tokens;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: {
      cached_tokens: usage.cache_read_input_tokens ?? 0,
      ...(created !== undefined && { cache_write_tokens: created }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning_output_tokens ?? 0 },
  };
}
