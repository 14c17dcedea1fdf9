import type { MessagePart, ModelMessage, ModelRequest } from "@flywheel/protocol";
import { writeUrl } from "../data-url.ts";
import type { WrittenRequest } from "../dialect.ts";
import type { Json } from "../json.ts";
import { effortOf } from "../openai-chat/write-request.ts";

/** Fields of the neutral form with no counterpart here, and what the client calls them. */
const MISSING = {
  top_k: "top_k",
  seed: "seed",
  stop: "stop",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
} as const;

export function writeRequest(request: ModelRequest): WrittenRequest {
  const ignored = new Set(request.ignored);
  for (const [field, name] of Object.entries(MISSING))
    if (request[field as keyof typeof MISSING] !== undefined) ignored.add(name);
  const include = ["reasoning.encrypted_content"];
  if (request.top_logprobs !== undefined) include.push("message.output_text.logprobs");
  const body = {
    model: request.model,
    input: request.messages.flatMap((message) => writeMessage(message, ignored)),
    ...(request.stream && { stream: true }),
    store: false,
    ...(request.reasoning || request.top_logprobs !== undefined ? { include } : {}),
    ...writeTools(request),
    ...(request.output && { text: { format: writeOutput(request.output) } }),
    max_output_tokens: request.max_output_tokens,
    temperature: request.temperature,
    top_p: request.top_p,
    top_logprobs: request.top_logprobs || undefined,
    ...(request.reasoning && {
      reasoning: { effort: effortOf(request.reasoning), summary: request.reasoning.visible ? "auto" : undefined },
    }),
    user: request.user,
  };
  return { body, ignored: [...ignored] };
}

function writeOutput(output: NonNullable<ModelRequest["output"]>): Json {
  return output.type === "json" ? { type: "json_object" } : { ...output };
}

function writeTools(request: ModelRequest): Json {
  if (request.tools.length === 0) return {};
  const choice = request.tool_choice;
  return {
    tools: request.tools.map(({ name, description, parameters, strict }) => ({
      type: "function",
      name,
      description,
      parameters,
      strict: strict ?? false, // here the default is strict, elsewhere it is not
    })),
    tool_choice: typeof choice === "object" ? { type: "function", name: choice.name } : choice,
    parallel_tool_calls: request.parallel_tool_calls,
  };
}

/** Calls, their results and thoughts are items of their own, between messages. */
function writeMessage({ role, parts }: ModelMessage, ignored: Set<string>): Json[] {
  const items: Json[] = [];
  let content: Json[] = [];
  const flush = (): void => {
    if (content.length > 0) items.push({ type: "message", role: role === "tool" ? "user" : role, content });
    content = [];
  };
  for (const part of parts) {
    if ("cache" in part && part.cache) ignored.add("cache_control");
    if (part.type === "text" || part.type === "image" || part.type === "file") {
      content.push(writeContent(part, role));
      continue;
    }
    flush();
    items.push(...writeItem(part, ignored));
  }
  flush();
  return items;
}

function writeItem(part: Exclude<MessagePart, { type: "text" | "image" | "file" }>, ignored: Set<string>): Json[] {
  if (part.type === "tool-call")
    return [{ type: "function_call", call_id: part.id, name: part.name, arguments: part.arguments }];
  if (part.type === "tool-result") {
    if (part.error) ignored.add("tool_result.is_error");
    const { parts } = part;
    const output = parts.every((inner) => inner.type === "text")
      ? parts.map((inner) => inner.text).join("")
      : parts.map((inner) => writeContent(inner, "user"));
    return [{ type: "function_call_output", call_id: part.call_id, output }];
  }
  if (part.signature === undefined) {
    ignored.add("messages.reasoning"); // only thoughts the provider can recognise may be sent back
    return [];
  }
  const summary = part.text === "" ? [] : [{ type: "summary_text", text: part.text }];
  return [{ type: "reasoning", summary, encrypted_content: part.signature }];
}

function writeContent(
  part: Extract<MessagePart, { type: "text" | "image" | "file" }>,
  role: ModelMessage["role"],
): Json {
  if (part.type === "text") return { type: role === "assistant" ? "output_text" : "input_text", text: part.text };
  if (part.type === "image") return { type: "input_image", image_url: writeUrl(part), detail: part.detail ?? "auto" };
  if (part.url !== undefined) return { type: "input_file", file_url: part.url };
  return { type: "input_file", filename: part.name ?? "file", file_data: writeUrl(part) };
}
