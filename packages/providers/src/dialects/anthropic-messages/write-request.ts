import type { CacheMarker, MessagePart, ModelMessage, ModelRequest } from "@flywheel/protocol";
import type { WrittenRequest } from "../dialect.ts";
import { isObject, parseJson } from "../json.ts";
import type { Json } from "../json.ts";
import { addMessage, unsupported } from "../messages.ts";

/** The field is required; every model takes this much. */
const DEFAULT_MAX_TOKENS = 4096;
const LEAST_BUDGET = 1024;

const BUDGETS: Readonly<Record<string, number>> = { minimal: 1024, low: 2048, medium: 8192, high: 16384, xhigh: 32768 };

/** Fields of the neutral form with no counterpart here, and what the client calls them. */
const MISSING = {
  seed: "seed",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
  top_logprobs: "logprobs",
} as const;

export function writeRequest(request: ModelRequest): WrittenRequest {
  const ignored = new Set(request.ignored);
  for (const [field, name] of Object.entries(MISSING))
    if (request[field as keyof typeof MISSING] !== undefined) ignored.add(name);
  const body = {
    model: request.model,
    ...writeMessages(request, ignored),
    ...(request.stream && { stream: true }),
    ...writeTools(request),
    ...writeSampling(request, ignored),
    stop_sequences: request.stop,
    ...writeOutput(request.output),
    ...(request.user !== undefined && { metadata: { user_id: request.user } }),
  };
  return { body, ignored: [...ignored] };
}

/** Thinking fixes the temperature, and its budget is a part of the tokens of the answer. */
function writeSampling(request: ModelRequest, ignored: Set<string>): Json {
  const { temperature, top_p, top_k, max_output_tokens: asked, reasoning } = request;
  const plain = { max_tokens: asked ?? DEFAULT_MAX_TOKENS, temperature, top_p, top_k };
  const wanted = reasoning?.budget_tokens ?? (reasoning?.effort === undefined ? undefined : BUDGETS[reasoning.effort]);
  if (wanted === undefined) return plain;
  if (asked !== undefined && asked <= LEAST_BUDGET) {
    ignored.add("reasoning");
    return plain;
  }
  const budget_tokens = Math.max(LEAST_BUDGET, asked === undefined ? wanted : Math.min(wanted, asked - 1));
  for (const [name, value] of Object.entries({ temperature, top_p, top_k })) if (value !== undefined) ignored.add(name);
  return { max_tokens: asked ?? budget_tokens + DEFAULT_MAX_TOKENS, thinking: { type: "enabled", budget_tokens } };
}

function writeOutput(output: ModelRequest["output"]): Json {
  if (!output) return {};
  if (output.type === "json")
    throw unsupported("response_format", "this provider knows no JSON mode; give a JSON schema instead.");
  return { output_config: { format: { type: "json_schema", schema: output.schema } } };
}

function writeTools(request: ModelRequest): Json {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map(({ name, description, parameters, strict, cache }) => ({
    name,
    description,
    input_schema: parameters,
    ...(strict && { strict }),
    ...writeCache(cache),
  }));
  const parallel = request.parallel_tool_calls === false ? { disable_parallel_tool_use: true } : {};
  const choice = request.tool_choice ?? (request.parallel_tool_calls === false ? "auto" : undefined);
  if (choice === undefined) return { tools };
  if (choice === "none") return { tools, tool_choice: { type: "none" } };
  if (typeof choice === "object") return { tools, tool_choice: { type: "tool", name: choice.name, ...parallel } };
  return { tools, tool_choice: { type: choice === "required" ? "any" : "auto", ...parallel } };
}

function writeCache(cache: CacheMarker | undefined): Json {
  return cache ? { cache_control: { type: "ephemeral", ttl: cache.ttl } } : {};
}

/** System messages stand apart from the others, and the others take turns. */
function writeMessages(request: ModelRequest, ignored: Set<string>): Json {
  const system: MessagePart[] = [];
  const turns: ModelMessage[] = [];
  for (const { role, parts } of request.messages) {
    if (role === "system") {
      if (turns.length > 0) ignored.add("messages.position");
      system.push(...parts);
    } else addMessage(turns, { role: role === "assistant" ? role : "user", parts });
  }
  const write = (parts: readonly MessagePart[]): Json[] => parts.flatMap((part) => writePart(part, ignored));
  return {
    ...(system.length > 0 && { system: write(system) }),
    messages: turns
      .map(({ role, parts }) => ({ role, content: write(parts) }))
      .filter(({ content }) => content.length > 0),
  };
}

function writePart(part: MessagePart, ignored: Set<string>): Json[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ type: "text", text: part.text, ...writeCache(part.cache) }];
    case "image":
      if (part.detail !== undefined) ignored.add("detail");
      return [{ type: "image", source: writeSource(part), ...writeCache(part.cache) }];
    case "file":
      return [{ type: "document", source: writeSource(part), title: part.name, ...writeCache(part.cache) }];
    case "reasoning":
      return writeThought(part, ignored);
    case "tool-call":
      return [
        {
          type: "tool_use",
          id: part.id,
          name: part.name,
          input: argumentsOf(part.arguments),
          ...writeCache(part.cache),
        },
      ];
    case "tool-result": {
      const content = part.parts.flatMap((inner) => writePart(inner, ignored));
      return [
        { type: "tool_result", tool_use_id: part.call_id, content, is_error: part.error, ...writeCache(part.cache) },
      ];
    }
  }
}

function writeSource({ url, data, media_type }: { url?: string; data?: string; media_type?: string }): Json {
  return url === undefined ? { type: "base64", media_type, data } : { type: "url", url };
}

/** Only thoughts the provider can recognise as its own may be sent back. */
function writeThought(part: Extract<MessagePart, { type: "reasoning" }>, ignored: Set<string>): Json[] {
  if (part.signature === undefined) {
    ignored.add("messages.reasoning");
    return [];
  }
  if (part.redacted) return [{ type: "redacted_thinking", data: part.signature }];
  return [{ type: "thinking", thinking: part.text, signature: part.signature }];
}

export function argumentsOf(text: string): Json {
  const value = text.trim() === "" ? {} : parseJson(text);
  if (!isObject(value)) throw unsupported("messages", "the arguments of a tool call must be a JSON object.");
  return value;
}
