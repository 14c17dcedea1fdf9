import type {
  CacheMarker,
  FilePart,
  ImagePart,
  MessagePart,
  ModelRequest,
  ReasoningRequest,
  ToolChoice,
  ToolResultPart,
} from "@flywheel/protocol";
import { array, boolean, count, isEmpty, isObject, number, object, string, text } from "../json.ts";
import type { Json } from "../json.ts";
import { addMessage, emptyRequest, leftOver } from "../messages.ts";

const KNOWN = new Set(
  `model messages system stream tools tool_choice max_tokens temperature top_p top_k stop_sequences thinking
  output_config output_format metadata`.split(/\s+/),
);

const ESSENTIAL = {
  mcp_servers: "remote tools are a service of one provider.",
  container: "containers are a service of one provider.",
};

export function readRequest(body: Json): ModelRequest {
  const request = emptyRequest(string(body.model), body.stream === true);
  const system = readContent(body.system, "system", request);
  if (system.length > 0) request.messages.push({ role: "system", parts: system });
  for (const [index, value] of array(body.messages).entries())
    readMessage(object(value), `messages[${index}]`, request);
  readTools(body, request);
  readOutput(body, request);
  request.max_output_tokens = count(body.max_tokens);
  request.temperature = number(body.temperature);
  request.top_p = number(body.top_p);
  request.top_k = number(body.top_k);
  request.stop = isEmpty(body.stop_sequences) ? undefined : array(body.stop_sequences).map(string);
  request.user = text(object(body.metadata).user_id);
  leftOver(body, KNOWN, ESSENTIAL, request);
  return request;
}

function readMessage(message: Json, at: string, request: ModelRequest): void {
  const parts = readContent(message.content, `${at}.content`, request);
  const results = parts.filter((part) => part.type === "tool-result");
  if (results.length > 0) addMessage(request.messages, { role: "tool", parts: results });
  const others = parts.filter((part) => part.type !== "tool-result");
  const role = message.role === "assistant" ? "assistant" : message.role === "system" ? "system" : "user";
  if (others.length > 0) addMessage(request.messages, { role, parts: others });
}

function readContent(content: unknown, at: string, request: ModelRequest): MessagePart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return array(content).flatMap((value, index) => {
    const block = object(value);
    const part = readBlock(block, `${at}[${index}]`, request);
    if (part) return [part];
    request.unsupported.push({
      param: `${at}[${index}]`,
      reason: `content of type ${string(block.type)} cannot be translated.`,
    });
    return [];
  });
}

function readBlock(block: Json, at: string, request: ModelRequest): MessagePart | undefined {
  const cache = readCache(block);
  switch (block.type) {
    case "text":
      return { type: "text", text: string(block.text), cache };
    case "image":
      return readSource("image", block, cache);
    case "document":
      return readDocument(block, cache);
    case "thinking":
      return { type: "reasoning", text: string(block.thinking), signature: text(block.signature) };
    case "redacted_thinking":
      return { type: "reasoning", text: "", signature: string(block.data), redacted: true };
    case "tool_use":
      return {
        type: "tool-call",
        id: string(block.id),
        name: string(block.name),
        arguments: JSON.stringify(block.input ?? {}),
        cache,
      };
    case "tool_result": {
      const parts = readContent(block.content, `${at}.content`, request) as ToolResultPart["parts"];
      const error = block.is_error === true ? { error: true } : {};
      return { type: "tool-result", call_id: string(block.tool_use_id), parts, ...error, cache };
    }
    default:
      return undefined;
  }
}

function readSource(type: "image" | "file", block: Json, cache?: CacheMarker): ImagePart | FilePart | undefined {
  const source = object(block.source);
  if (source.type === "url") return { type, url: string(source.url), cache };
  if (source.type === "base64")
    return { type, data: string(source.data), media_type: string(source.media_type), cache };
  return undefined;
}

function readDocument(block: Json, cache?: CacheMarker): MessagePart | undefined {
  const source = object(block.source);
  if (source.type === "text") return { type: "text", text: string(source.data), cache };
  const file = readSource("file", block, cache);
  return file && { ...file, type: "file", name: text(block.title) };
}

function readCache(block: Json): CacheMarker | undefined {
  return isObject(block.cache_control) ? { ttl: text(block.cache_control.ttl) } : undefined;
}

function readTools(body: Json, request: ModelRequest): void {
  for (const [index, value] of array(body.tools).entries()) {
    const tool = object(value);
    if (tool.type !== undefined && tool.type !== "custom" && tool.type !== null) {
      request.unsupported.push({
        param: `tools[${index}]`,
        reason: `tools of type ${string(tool.type)} are a service of one provider.`,
      });
      continue;
    }
    request.tools.push({
      name: string(tool.name),
      description: text(tool.description),
      parameters: object(tool.input_schema),
      strict: boolean(tool.strict),
      cache: readCache(tool),
    });
  }
  const choice = object(body.tool_choice);
  request.tool_choice = readToolChoice(choice);
  if (typeof choice.disable_parallel_tool_use === "boolean")
    request.parallel_tool_calls = !choice.disable_parallel_tool_use;
}

function readToolChoice(choice: Json): ToolChoice | undefined {
  if (choice.type === "auto" || choice.type === "none") return choice.type;
  if (choice.type === "any") return "required";
  return choice.type === "tool" ? { name: string(choice.name) } : undefined;
}

function readOutput(body: Json, request: ModelRequest): void {
  const config = object(body.output_config);
  const format = object(config.format ?? body.output_format);
  if (format.type === "json_schema")
    request.output = { type: "json_schema", name: "answer", schema: object(format.schema), strict: true };
  request.reasoning = readThinking(object(body.thinking), text(config.effort));
}

function readThinking(thinking: Json, effort: string | undefined): ReasoningRequest | undefined {
  if (thinking.type === "disabled") return { effort: "none" };
  if (thinking.type === "enabled") return { budget_tokens: count(thinking.budget_tokens), visible: true };
  if (thinking.type === "adaptive") return { effort: effort ?? "medium", visible: true };
  return effort === undefined ? undefined : { effort };
}
