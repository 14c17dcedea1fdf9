import type { WireError } from "./errors.ts";
import type { Usage } from "./generation.ts";
import type { ReasoningPart, TextPart, ToolCallPart } from "./model-request.ts";

/** Why a model stopped, in OpenAI's words; `other` where none fits. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

/** An answer in no provider's words. */
export interface ModelAnswer {
  id: string;
  model: string;
  /** In the order the model made them. */
  parts: (TextPart | ReasoningPart | ToolCallPart)[];
  /** `null`: the answer broke off. */
  finish: AnswerFinish | null;
  /** What was counted so far, where the answer broke off. */
  counted?: AnswerUsage;
  error?: WireError["error"];
}

export interface AnswerFinish extends AnswerUsage {
  reason: FinishReason;
  /** The provider's own word. */
  raw_reason: string;
}

export interface AnswerUsage {
  usage: Usage | null;
  /** The provider's usage object, as it came. */
  usage_raw: unknown;
}
