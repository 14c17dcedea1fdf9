import type { WireError } from "./errors.ts";
import type { AnswerFinish, AnswerUsage } from "./model-answer.ts";
import type { TokenLogprob } from "./model-request.ts";

/**
 * One step of a streamed answer in no provider's words. Blocks (`text`, `reasoning`, `tool-call`) begin, grow and end;
 * `block` counts them from 0. `start` comes first, `finish` or `error` last; a stream without either broke off.
 */
export type StreamPart =
  | { type: "start"; id: string; model: string }
  | { type: "text-start"; block: number }
  | { type: "text-delta"; block: number; text: string; logprobs?: TokenLogprob[] }
  | { type: "text-end"; block: number }
  | { type: "reasoning-start"; block: number }
  | { type: "reasoning-delta"; block: number; text: string }
  /** `signature`, `redacted`: see `ReasoningPart`. */
  | { type: "reasoning-end"; block: number; signature?: string; redacted?: boolean }
  | { type: "tool-call-start"; block: number; id: string; name: string }
  | { type: "tool-call-delta"; block: number; arguments: string }
  | { type: "tool-call-end"; block: number; signature?: string }
  | ({ type: "finish" } & AnswerFinish)
  /** Counted so far, where a stream breaks off. */
  | ({ type: "counted" } & AnswerUsage)
  | { type: "error"; error: WireError["error"] };
