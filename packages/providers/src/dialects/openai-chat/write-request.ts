import type { MessagePart, ModelMessage, ModelRequest, ToolCallPart } from "@flywheel/protocol";
import type { Quirk } from "../../table.ts";
import { writeUrl } from "../data-url.ts";
import type { WrittenRequest } from "../dialect.ts";
import type { Json } from "../json.ts";
import { unsupported } from "../messages.ts";

export function writeRequest(request: ModelRequest, quirks: ReadonlySet<Quirk>): WrittenRequest {
  const ignored = new Set(request.ignored);
  if (request.top_k !== undefined) ignored.add("top_k");
  const limit = quirks.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
  const context = { ignored, cache: quirks.has("cache_control") };
  const body = {
    model: request.model,
    messages: request.messages.flatMap((message) => writeMessage(message, context)),
    ...(request.stream && { stream: true }),
    ...(request.stream && !quirks.has("no_stream_options") && { stream_options: { include_usage: true } }),
    ...writeTools(request),
    response_format: writeOutput(request.output),
    [limit]: request.max_output_tokens,
    temperature: request.temperature,
    top_p: request.top_p,
    stop: request.stop,
    seed: request.seed,
    frequency_penalty: request.frequency_penalty,
    presence_penalty: request.presence_penalty,
    ...(request.top_logprobs !== undefined && { logprobs: true, top_logprobs: request.top_logprobs || undefined }),
    reasoning_effort: effortOf(request.reasoning),
    user: request.user,
  };
  return { body, ignored: [...ignored] };
}

/** A budget of tokens in the only words there are. */
export function effortOf(reasoning: ModelRequest["reasoning"]): string | undefined {
  if (!reasoning) return undefined;
  if (reasoning.effort !== undefined) return reasoning.effort;
  if (reasoning.budget_tokens === undefined) return undefined;
  return reasoning.budget_tokens <= 2048 ? "low" : reasoning.budget_tokens <= 8192 ? "medium" : "high";
}

interface Context {
  ignored: Set<string>;
  /** This provider takes cache markers. */
  cache: boolean;
}

function writeTools(request: ModelRequest): Json {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map(({ name, description, parameters, strict }) => ({
    type: "function",
    function: { name, description, parameters, strict },
  }));
  const choice = request.tool_choice;
  return {
    tools,
    tool_choice: typeof choice === "object" ? { type: "function", function: { name: choice.name } } : choice,
    parallel_tool_calls: request.parallel_tool_calls,
  };
}

function writeOutput(output: ModelRequest["output"]): Json | undefined {
  if (!output) return undefined;
  if (output.type === "json") return { type: "json_object" };
  const { type: _, ...json_schema } = output;
  return { type: "json_schema", json_schema };
}

function writeMessage({ role, parts }: ModelMessage, context: Context): Json[] {
  const results = parts
    .filter((part) => part.type === "tool-result")
    .map((part) => {
      if (part.error) context.ignored.add("tool_result.is_error");
      return { role: "tool", tool_call_id: part.call_id, content: plainText(part.parts) };
    });
  const calls = parts.filter((part) => part.type === "tool-call").map(writeCall);
  if (parts.some((part) => part.type === "reasoning")) context.ignored.add("messages.reasoning");
  const content = parts.filter(
    (part) => part.type !== "tool-result" && part.type !== "tool-call" && part.type !== "reasoning",
  );
  if (content.length === 0 && calls.length === 0) return results;
  const message = {
    role,
    content: content.length === 0 ? null : writeContent(content, context),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return [...results, message];
}

export function writeCall({ id, name, arguments: text, signature }: ToolCallPart): Json {
  return {
    id,
    type: "function",
    function: { name, arguments: text },
    ...(signature !== undefined && { extra_content: { google: { thought_signature: signature } } }),
  };
}

/** A tool's answer is text in this dialect. */
export function plainText(parts: readonly MessagePart[]): string {
  return parts
    .map((part) => {
      if (part.type !== "text") throw unsupported("messages", "the result of a tool must be text for this provider.");
      return part.text;
    })
    .join("");
}

/** A string where it can be one: the form every compatible server knows. */
function writeContent(parts: readonly MessagePart[], context: Context): string | Json[] {
  if (!context.cache && parts.every((part) => part.type === "text")) {
    if (parts.some((part) => part.cache)) context.ignored.add("cache_control");
    return parts.map((part) => part.text).join(parts.length > 1 ? "\n\n" : "");
  }
  return parts.map((part) => {
    const marker = "cache" in part ? part.cache : undefined;
    if (marker && !context.cache) context.ignored.add("cache_control");
    const cache_control = marker && context.cache ? { type: "ephemeral", ttl: marker.ttl } : undefined;
    return { ...writePart(part), ...(cache_control && { cache_control }) };
  });
}

function writePart(part: MessagePart): Json {
  if (part.type === "text") return { type: "text", text: part.text };
  if (part.type === "image") return { type: "image_url", image_url: { url: writeUrl(part), detail: part.detail } };
  if (part.type !== "file" || part.url !== undefined)
    throw unsupported("messages", "a file by address cannot be sent to this provider; send its bytes.");
  return { type: "file", file: { filename: part.name ?? "file", file_data: writeUrl(part) } };
}
