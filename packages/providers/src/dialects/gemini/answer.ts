import type { AnswerFinish, FinishReason, ModelAnswer, StreamPart, TokenLogprob, Usage } from "@flywheel/protocol";
import { collectAnswer } from "../answer.ts";
import { Blocks } from "../blocks.ts";
import type { StreamReader } from "../dialect.ts";
import { array, count, isObject, object, parseJson, string, text } from "../json.ts";
import type { Json } from "../json.ts";
import { readError } from "../openai-chat/log.ts";
import { addPartialArgument } from "./partial-arguments.ts";

const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  LANGUAGE: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  IMAGE_SAFETY: "content_filter",
};

/** A whole answer has the form of one event of a stream. */
export function readAnswer(body: Json): ModelAnswer {
  const reader = new GeminiStreamReader();
  return collectAnswer([...reader.readChunk(body), ...reader.end()]);
}

/** There is no last event: the answer is over when the bytes are, provided that a reason was given. */
export class GeminiStreamReader implements StreamReader {
  #blocks = new Blocks();
  #started = false;
  #over = false;
  #id = "";
  #calls = 0;
  #reason = "";
  #usage: unknown;
  /** The call whose arguments are still coming. */
  #call: { index: number; id: string; name: string; args: Record<string, unknown> } | undefined;

  read(_event: string, data: string): StreamPart[] {
    const value = parseJson(data);
    const chunk = Array.isArray(value) ? array(value)[0] : value;
    return isObject(chunk) ? this.readChunk(chunk) : [];
  }

  readChunk(chunk: Json): StreamPart[] {
    if (this.#over) return [];
    const error = readError(chunk);
    if (error) {
      this.#over = true;
      return [...this.#counted(), { type: "error", error }];
    }
    if (isObject(chunk.usageMetadata)) this.#usage = chunk.usageMetadata;
    const parts = this.#start(chunk);
    const candidate = object(array(chunk.candidates)[0]);
    const logprobs = readLogprobs(object(candidate.logprobsResult));
    for (const part of array(object(candidate.content).parts)) parts.push(...this.#readPart(object(part)));
    if (logprobs) parts.push(...this.#blocks.text("", { logprobs }));
    this.#reason = string(candidate.finishReason) || string(object(chunk.promptFeedback).blockReason) || this.#reason;
    return parts;
  }

  end(): StreamPart[] {
    if (this.#over) return [];
    if (this.#reason === "") return this.#counted();
    this.#over = true;
    const parts = [...this.#endCall(), ...this.#blocks.end()];
    return [...parts, { type: "finish", ...readFinish(this.#reason, this.#calls > 0, this.#usage) }];
  }

  #counted(): StreamPart[] {
    const { usage, usage_raw } = readFinish("", false, this.#usage);
    return usage === null ? [] : [{ type: "counted", usage, usage_raw }];
  }

  #start(chunk: Json): StreamPart[] {
    if (this.#started) return [];
    this.#started = true;
    this.#id = string(chunk.responseId);
    return [{ type: "start", id: this.#id, model: string(chunk.modelVersion) }];
  }

  #readPart(part: Json): StreamPart[] {
    if (isObject(part.functionCall)) return this.#readCall(part.functionCall, text(part.thoughtSignature));
    const words = text(part.text);
    if (words === undefined) return [];
    const ended = this.#endCall();
    return [...ended, ...(part.thought === true ? this.#blocks.reasoning(words) : this.#blocks.text(words))];
  }

  /** A call comes whole, or its name first and its arguments piece by piece. */
  #readCall(call: Json, signature: string | undefined): StreamPart[] {
    const parts: StreamPart[] = [];
    const name = text(call.name);
    if (name !== undefined) {
      parts.push(...this.#endCall());
      const index = this.#calls++;
      const id = text(call.id) ?? `call_${this.#id}_${index}`;
      this.#call = { index, id, name, args: { ...object(call.args) } };
      parts.push(...this.#blocks.call(index, id, name, ""));
    }
    if (this.#call && signature !== undefined) this.#blocks.sign(signature);
    for (const piece of array(call.partialArgs)) if (this.#call) addPartialArgument(this.#call.args, object(piece));
    return call.willContinue === true ? parts : [...parts, ...this.#endCall()];
  }

  #endCall(): StreamPart[] {
    const call = this.#call;
    this.#call = undefined;
    return call ? this.#blocks.call(call.index, call.id, call.name, JSON.stringify(call.args)) : [];
  }
}

function readFinish(raw_reason: string, calls: boolean, usage: unknown): AnswerFinish {
  // A reason of `promptFeedback` is one of those above or "OTHER".
  const reason = calls && raw_reason === "STOP" ? "tool_calls" : (REASONS[raw_reason] ?? "other");
  return { reason, raw_reason, usage: isObject(usage) ? readUsage(usage) : null, usage_raw: usage };
}

/** Thoughts are counted beside the answer here; what tools of the provider read, beside the prompt. */
function readUsage(usage: Json): Usage | null {
  const prompt = count(usage.promptTokenCount);
  const answer = count(usage.candidatesTokenCount);
  const thoughts = count(usage.thoughtsTokenCount);
  const cached = count(usage.cachedContentTokenCount);
  if (prompt === undefined && answer === undefined) return null;
  return {
    ...(prompt !== undefined && { input_tokens: prompt + (count(usage.toolUsePromptTokenCount) ?? 0) }),
    output_tokens: (answer ?? 0) + (thoughts ?? 0),
    ...(cached !== undefined && { cache_read_input_tokens: cached }),
    ...(thoughts !== undefined && { reasoning_output_tokens: thoughts }),
  };
}

function readLogprobs(result: Json): TokenLogprob[] | undefined {
  if (!Array.isArray(result.chosenCandidates)) return undefined;
  const token = (value: unknown): { token: string; logprob: number; bytes: null } => {
    const { token: name, logProbability } = object(value);
    return { token: string(name), logprob: typeof logProbability === "number" ? logProbability : 0, bytes: null };
  };
  const others = array(result.topCandidates);
  return result.chosenCandidates.map((chosen, index) => ({
    ...token(chosen),
    top_logprobs: array(object(others[index]).candidates).map(token),
  }));
}
