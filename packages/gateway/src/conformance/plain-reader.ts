import type { Dialect, Reading } from "./reading.ts";
import type { Recording } from "./recordings.ts";

// Recordings have every shape there is.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;

/** A call's arguments; a model may write what is not JSON, and then the text is what it said. */
function json(text: string | undefined): unknown {
  if (text === undefined || text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A recording, read in the most obvious way by code that shares nothing with ours.
 * @throws where there is no answer in it
 */
export function readPlainly({ dialect, operation, stream, body }: Recording): Reading {
  if (stream) return readEvents(dialect, eventsOf(body));
  return operation === "embeddings" ? readEmbeddings(JSON.parse(body)) : readWhole(dialect, JSON.parse(body));
}

/** A whole answer. */
export function readWhole(dialect: Dialect, body: Loose): Reading {
  return WHOLE[dialect](body);
}

/** Vectors have no words; their numbers stand for them. */
export function readEmbeddings({ data, usage }: Loose): Reading {
  const text = JSON.stringify(data.map(({ embedding }: Loose) => embedding));
  return { text, calls: [], reason: "", input: usage?.prompt_tokens ?? usage?.total_tokens, output: undefined };
}

const WHOLE: Record<Dialect, (body: Loose) => Reading> = {
  "openai-chat"(body) {
    const { message, finish_reason } = body.choices[0];
    const text = words(message.content) + (message.refusal ?? "");
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

/** A string, or parts of which some are text. */
const words = (content: Loose): string =>
  typeof content === "string" ? content : (content ?? []).map((part: Loose) => part.text ?? "").join("");

/** A stream's events, folded into the body they stand for and read as one. */
export function readEvents(dialect: Dialect, events: Loose[]): Reading {
  return readWhole(dialect, fold(dialect, events));
}

/** The answer that a stream gives, in one piece. */
export function twinOf(recording: Recording): Recording {
  const body = JSON.stringify(fold(recording.dialect, eventsOf(recording.body)));
  return { ...recording, stream: false, body };
}

/** The first half of a stream's events; `undefined` where the answer is over by then. */
export function halfOf(recording: Recording): Recording | undefined {
  const events = recording.body.split(/(?<=\r\n\r\n|[^\r]\n\n)/);
  const body = events.slice(0, events.length / 2).join("");
  return /"(finish_reason|stop_reason|finishReason|blockReason)": ?"|"response\.(completed|incomplete)"/.test(body)
    ? undefined
    : { ...recording, body };
}

function fold(dialect: Dialect, all: Loose[]): Loose {
  // Some files hold the answers of several requests.
  const last = all.findIndex((event) => /^(message_stop|response\.(completed|incomplete))$/.test(event.type));
  return FOLD[dialect](last < 0 ? all : all.slice(0, last + 1));
}

function eventsOf(sse: string): Loose[] {
  return sse
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
}

const FOLD: Record<Dialect, (events: Loose[]) => Loose> = {
  "openai-chat"(events) {
    const message: Loose = { content: "", refusal: "", tool_calls: [] };
    let finish_reason: string | undefined;
    let usage: Loose;
    for (const event of events) {
      usage = event.usage ?? event.x_groq?.usage ?? usage;
      const choice = event.choices?.[0];
      if (!choice) continue;
      finish_reason = choice.finish_reason ?? finish_reason;
      const { content, refusal, tool_calls } = choice.delta ?? {};
      message.content += words(content);
      message.refusal += refusal ?? "";
      for (const call of tool_calls ?? []) {
        const known = (message.tool_calls[call.index ?? message.tool_calls.length] ??= {
          function: { name: "", arguments: "" },
        });
        known.function.name ||= call.function?.name ?? "";
        known.function.arguments += call.function?.arguments ?? "";
      }
    }
    message.tool_calls = message.tool_calls.filter(Boolean);
    return { choices: [{ message, finish_reason }], usage };
  },
  "openai-responses"(events) {
    const end = events.findLast((event) => /^response\.(completed|incomplete)$/.test(event.type));
    const response = end?.response ?? { output: [], status: "" };
    const pieces = new Map<string, string>();
    for (const { type, output_index, content_index, delta } of events) {
      const key = `${output_index} ${content_index}`;
      if (/^response\.(output_text|refusal)\.delta$/.test(type)) pieces.set(key, (pieces.get(key) ?? "") + delta);
    }
    const items = events.filter(({ type }) => type === "response.output_item.done");
    const output = items.map(({ item, output_index }) => ({
      ...item,
      content: item.content?.map((part: Loose, index: number) => ({
        text: completed(pieces.get(`${output_index} ${index}`) ?? "", part.text ?? part.refusal ?? ""),
      })),
    }));
    return items.length === 0 ? response : { ...response, output };
  },
  "anthropic-messages"(events) {
    const body: Loose = { type: "message", role: "assistant", content: [], usage: {} };
    const inputs: string[] = [];
    for (const event of events) {
      if (event.type === "message_start") Object.assign(body.usage, event.message.usage);
      if (event.type === "content_block_start") body.content[event.index] = { ...event.content_block };
      const block = body.content[event.index];
      if (event.delta?.type === "text_delta") block.text += event.delta.text;
      if (event.delta?.type === "input_json_delta")
        inputs[event.index] = (inputs[event.index] ?? "") + event.delta.partial_json;
      if (event.type === "content_block_stop" && inputs[event.index]) block.input = json(inputs[event.index]);
      if (event.type === "message_delta") {
        body.stop_reason = event.delta.stop_reason ?? body.stop_reason;
        for (const [name, value] of Object.entries(event.usage ?? {})) if (value !== null) body.usage[name] = value;
      }
    }
    body.content = body.content.filter(Boolean);
    return body;
  },
  gemini(events) {
    const parts = joinCalls(events.flatMap((event) => event.candidates?.[0]?.content?.parts ?? []));
    const reasons = events.map((event) => event.candidates?.[0]?.finishReason ?? event.promptFeedback?.blockReason);
    const usage = events.findLast((event) => event.usageMetadata);
    return {
      candidates: [{ content: { parts }, finishReason: reasons.findLast(Boolean) }],
      usageMetadata: usage?.usageMetadata,
    };
  },
};

/** The end repeats a text, which makes good for pieces that are missing. Pieces it contradicts were read all the same. */
const completed = (pieces: string, whole: string): string => (whole.startsWith(pieces) ? whole : pieces);

/** Calls whose arguments come piece by piece, put together: each piece has a path and what is there, or goes on there. */
function joinCalls(parts: Loose[]): Loose[] {
  const whole: Loose[] = [];
  let open: Loose;
  for (const part of parts) {
    const piece = part.functionCall;
    if (!piece) whole.push(part);
    else if (piece.name) {
      open = { name: piece.name, args: piece.args ?? {} };
      whole.push({ functionCall: open });
    }
    for (const { jsonPath, stringValue, numberValue, boolValue } of piece?.partialArgs ?? []) {
      const names = [...jsonPath.matchAll(/\.(\w+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
      const last = names.pop();
      const at = names.reduce(
        (from, name, i) => (from[name] ??= typeof (names[i + 1] ?? last) === "number" ? [] : {}),
        open.args,
      );
      at[last] = stringValue === undefined ? (numberValue ?? boolValue ?? null) : (at[last] ?? "") + stringValue;
    }
  }
  return whole;
}
