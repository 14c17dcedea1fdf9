import type { DialectId } from "@flywheel/protocol";

/** What an answer says, read in the most obvious way by code that shares nothing with ours. */
export interface Reading {
  text: string;
  calls: [name: string, args: unknown][];
  reason: string;
  input: number | undefined;
  output: number | undefined;
}

// Recordings have every shape there is.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;

const json = (text: string | undefined): unknown => (text === undefined || text === "" ? {} : JSON.parse(text));

export function readWhole(dialect: DialectId, body: Loose): Reading {
  return WHOLE[dialect](body);
}

const WHOLE: Record<DialectId, (body: Loose) => Reading> = {
  "openai-chat"(body) {
    const { message, finish_reason } = body.choices[0];
    const { content } = message;
    const text = typeof content === "string" ? content : (content ?? []).map((part: Loose) => part.text ?? "").join("");
    const calls = (message.tool_calls ?? []).map((call: Loose) => [call.function.name, json(call.function.arguments)]);
    const { prompt_tokens: input, completion_tokens, total_tokens, completion_tokens_details } = body.usage ?? {};
    // xAI leaves its thoughts out of the completion but not out of the total, nor out of the bill.
    const thoughts = completion_tokens_details?.reasoning_tokens ?? 0;
    const output = total_tokens === input + completion_tokens + thoughts ? total_tokens - input : completion_tokens;
    return { text, calls, reason: finish_reason ?? "", input, output };
  },
  "openai-responses"(body) {
    const of = (type: string): Loose[] => body.output.filter((item: Loose) => item.type === type);
    const text = of("message")
      .flatMap((item) => item.content)
      .map((part: Loose) => part.text ?? part.refusal ?? "")
      .join("");
    const reason = body.incomplete_details?.reason ?? body.status;
    const calls = of("function_call").map((item): [string, unknown] => [item.name, json(item.arguments)]);
    return { text, calls, reason, input: body.usage?.input_tokens, output: body.usage?.output_tokens };
  },
  "anthropic-messages"(body) {
    const of = (type: string): Loose[] => body.content.filter((block: Loose) => block.type === type);
    const u = body.usage;
    const input = u.input_tokens + (u.cache_read_input_tokens ?? 0) + (u.cache_creation_input_tokens ?? 0);
    return {
      text: of("text")
        .map((block) => block.text)
        .join(""),
      calls: of("tool_use").map((block): [string, unknown] => [block.name, block.input]),
      reason: body.stop_reason ?? "",
      input,
      output: u.output_tokens,
    };
  },
  gemini(body) {
    const candidate = body.candidates?.[0];
    const parts: Loose[] = candidate?.content?.parts ?? [];
    const u = body.usageMetadata ?? {};
    return {
      text: parts
        .filter((part) => !part.thought)
        .map((part) => part.text ?? "")
        .join(""),
      calls: parts
        .filter((part) => part.functionCall)
        .map((part): [string, unknown] => [part.functionCall.name, part.functionCall.args ?? {}]),
      reason: candidate?.finishReason ?? body.promptFeedback?.blockReason ?? "",
      input: u.promptTokenCount === undefined ? undefined : u.promptTokenCount + (u.toolUsePromptTokenCount ?? 0),
      output:
        u.promptTokenCount === undefined ? undefined : (u.candidatesTokenCount ?? 0) + (u.thoughtsTokenCount ?? 0),
    };
  },
};

/** A stream folded into the body it stands for, then read as one. */
export function readStreamed(dialect: DialectId, sse: string): Reading {
  const all = sse
    .split(/\r\n\r\n|\n\n/)
    .map((block) =>
      block
        .split(/\r?\n/)
        .find((line) => line.startsWith("data:"))
        ?.slice(5)
        .trim(),
    )
    .filter((data): data is string => data !== undefined && data !== "[DONE]" && data.startsWith("{"))
    .map((data) => JSON.parse(data));
  // Some files hold the answers of several requests.
  const last = all.findIndex((event) => /^(message_stop|response\.(completed|incomplete))$/.test(event.type));
  const events = last < 0 ? all : all.slice(0, last + 1);
  return readWhole(dialect, FOLD[dialect](events));
}

const FOLD: Record<DialectId, (events: Loose[]) => Loose> = {
  "openai-chat"(events) {
    const message: Loose = { content: "", tool_calls: [] };
    let finish_reason: string | undefined;
    let usage: Loose;
    for (const event of events) {
      usage = event.usage ?? event.x_groq?.usage ?? usage;
      const choice = event.choices?.[0];
      if (!choice) continue;
      finish_reason = choice.finish_reason ?? finish_reason;
      const { content, tool_calls } = choice.delta ?? {};
      message.content +=
        typeof content === "string" ? content : (content ?? []).map((part: Loose) => part.text ?? "").join("");
      for (const call of tool_calls ?? []) {
        const known = (message.tool_calls[call.index ?? message.tool_calls.length] ??= {
          function: { name: "", arguments: "" },
        });
        known.function.name ||= call.function?.name ?? "";
        known.function.arguments += call.function?.arguments ?? "";
      }
    }
    return { choices: [{ message, finish_reason }], usage };
  },
  "openai-responses": (events) =>
    events.findLast((event) => /^response\.(completed|incomplete)$/.test(event.type)).response,
  "anthropic-messages"(events) {
    const body: Loose = { content: [], usage: {} };
    const words: string[] = [];
    for (const event of events) {
      if (event.type === "message_start") Object.assign(body.usage, event.message.usage);
      if (event.type === "content_block_start") body.content[event.index] = { ...event.content_block };
      const block = body.content[event.index];
      if (event.delta?.type === "text_delta") block.text += event.delta.text;
      if (event.delta?.type === "input_json_delta")
        words[event.index] = (words[event.index] ?? "") + event.delta.partial_json;
      if (event.type === "content_block_stop" && words[event.index]) block.input = json(words[event.index]);
      if (event.type === "message_delta") {
        body.stop_reason = event.delta.stop_reason ?? body.stop_reason;
        for (const [name, value] of Object.entries(event.usage ?? {})) if (value !== null) body.usage[name] = value;
      }
    }
    body.content = body.content.filter(Boolean);
    return body;
  },
  gemini(events) {
    const parts = events.flatMap((event) => event.candidates?.[0]?.content?.parts ?? []);
    const reasons = events.map((event) => event.candidates?.[0]?.finishReason ?? event.promptFeedback?.blockReason);
    const usage = events.findLast((event) => event.usageMetadata);
    return {
      candidates: [{ content: { parts }, finishReason: reasons.findLast(Boolean) }],
      usageMetadata: usage?.usageMetadata,
    };
  },
};
