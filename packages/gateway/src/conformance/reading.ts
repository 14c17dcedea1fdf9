/** The dialects recordings come in. Written down once more on purpose: readers here import nothing of ours. */
export type Dialect = "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini";

/** Those that clients speak to a gateway. */
export const CLIENTS = ["openai-chat", "openai-responses", "anthropic-messages"] as const satisfies Dialect[];
export type ClientDialect = (typeof CLIENTS)[number];

/** What an answer says. */
export interface Reading {
  /** All text of the answer, refusals included, thoughts not. */
  text: string;
  /** Calls of the client's functions, in order. Arguments are parsed. */
  calls: [name: string, args: unknown][];
  /** Why it ended, in the dialect's own word; "" where it is not said. */
  reason: string;
  /** Tokens, cached ones included; `undefined` where they are not told. */
  input: number | undefined;
  /** Tokens, those of thoughts included. */
  output: number | undefined;
}

/** What each word for an end means, in the words of OpenAI's chat completions. */
const MEANINGS: Readonly<Record<string, string>> = {
  // OpenAI chat and those who speak it
  stop: "stop",
  eos: "stop",
  length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  // OpenAI responses
  completed: "stop",
  max_output_tokens: "length",
  // Anthropic messages
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  compaction: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
  // Gemini
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  IMAGE_SAFETY: "content_filter",
};

/**
 * Why an answer ended, in words that every dialect has. An ordinary end with calls in it waits for their results, which
 * some dialects say and others leave to be seen. Words no other dialect has are an ordinary end there.
 */
export function meaningOf({ reason, calls }: Reading): string {
  const meaning = MEANINGS[reason] ?? "stop";
  if (meaning !== "stop" && meaning !== "tool_calls") return meaning;
  return calls.length > 0 ? "tool_calls" : "stop";
}
