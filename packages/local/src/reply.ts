import { createHash, randomUUID } from "node:crypto";
import type { TokenLogprob } from "./logprobs.ts";
import type { Ending } from "./model.ts";
import type { ToolCall } from "./request.ts";

/** What every object of one answer repeats. */
export interface Reply {
  id: string;
  created: number;
  model: string;
  /** Changes with the bytes of the model file: the same seed promises the same answer only under the same fingerprint. */
  system_fingerprint: string;
}

export function newReply(model: string, version: string): Reply {
  return {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: `fp_${createHash("sha256").update(version).digest("hex").slice(0, 12)}`,
  };
}

/** OpenAI's `chat.completion`, with every field its schema requires. */
export function completion(
  { id, created, model, system_fingerprint }: Reply,
  content: string,
  logprobs: TokenLogprob[] | undefined,
  ending: Ending,
) {
  const called = ending.calls.length > 0;
  const message = {
    role: "assistant",
    content: called && content === "" ? null : content,
    refusal: null,
    annotations: [],
    ...(called && { tool_calls: ending.calls.map(callOnWire) }),
  };
  return {
    id,
    object: "chat.completion",
    created,
    model,
    choices: [{ index: 0, message, logprobs: logprobsOf(logprobs), finish_reason: ending.finishReason }],
    usage: usage(ending),
    ...(ending.promptLogprobs && { prompt_logprobs: ending.promptLogprobs }),
    system_fingerprint,
  };
}

/** OpenAI's `chat.completion.chunk`s of one stream. Where usage was asked for, every chunk but the last says `usage: null`. */
export function chunks({ id, created, model, system_fingerprint }: Reply, includeUsage: boolean) {
  const chunk = (choices: object[], counted: object | null = null) => ({
    id,
    object: "chat.completion.chunk",
    created,
    model,
    choices,
    ...(includeUsage && { usage: counted }),
    system_fingerprint,
  });
  const choice = (delta: object, finish_reason: string | null = null, logprobs?: TokenLogprob[]) => [
    { index: 0, delta, logprobs: logprobsOf(logprobs), finish_reason },
  ];
  return {
    first: () => chunk(choice({ role: "assistant", content: "", refusal: null })),
    text: (content: string, logprobs?: TokenLogprob[]) => chunk(choice({ content }, null, logprobs)),
    calls: ({ calls }: Ending) =>
      chunk(choice({ tool_calls: calls.map((call, index) => ({ index, ...callOnWire(call) })) })),
    last: (ending: Ending) => chunk(choice({}, ending.finishReason)),
    usage: (ending: Ending) => chunk([], usage(ending)),
  };
}

const callOnWire = ({ id, name, arguments: said }: ToolCall) => ({ id, type: "function", function: { name, arguments: said } }); // prettier-ignore

const logprobsOf = (content: TokenLogprob[] | undefined) => (content ? { content, refusal: null } : null);

function usage({ promptTokens, completionTokens }: Ending) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
