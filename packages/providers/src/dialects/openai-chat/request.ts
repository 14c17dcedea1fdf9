import type {
  CacheMarker,
  MessagePart,
  ModelRequest,
  OutputFormat,
  Tool,
  ToolChoice,
  ToolResultPart,
} from "@flywheel/protocol";
import { readUrl } from "../data-url.ts";
import { array, boolean, count, isEmpty, isObject, number, object, string, text } from "../json.ts";
import type { Json } from "../json.ts";
import { addMessage, emptyRequest, leftOver } from "../messages.ts";

const KNOWN = new Set(
  `model messages stream stream_options tools tool_choice parallel_tool_calls response_format max_tokens
  max_completion_tokens temperature top_p top_k stop seed frequency_penalty presence_penalty logprobs top_logprobs
  reasoning_effort user n modalities`.split(/\s+/),
);

const ESSENTIAL = {
  audio: "spoken answers cannot be translated.",
  functions: "use `tools`.",
  function_call: "use `tool_choice`.",
  web_search_options: "search is a service of one provider.",
};

export function readRequest(body: Json): ModelRequest {
  const request = emptyRequest(string(body.model), body.stream === true);
  for (const [index, message] of array(body.messages).entries()) readMessage(object(message), index, request);
  readTools(body, request);
  readChoices(body, request);
  request.output = readOutput(object(body.response_format));
  request.max_output_tokens = count(body.max_completion_tokens) ?? count(body.max_tokens);
  for (const name of SAME) request[name] = number(body[name]);
  request.stop =
    typeof body.stop === "string" ? [body.stop] : isEmpty(body.stop) ? undefined : array(body.stop).map(string);
  request.user = text(body.user);
  if (body.logprobs === true) request.top_logprobs = count(body.top_logprobs) ?? 0;
  const effort = text(body.reasoning_effort);
  if (effort) request.reasoning = { effort };
  leftOver(body, KNOWN, ESSENTIAL, request);
  return request;
}

const SAME = ["temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty"] as const;

function readChoices(body: Json, request: ModelRequest): void {
  if ((count(body.n) ?? 1) > 1)
    request.unsupported.push({ param: "n", reason: "only one answer at a time can be translated." });
  if (array(body.modalities).some((modality) => modality !== "text"))
    request.unsupported.push({ param: "modalities", reason: "only text answers can be translated." });
}

function readTools(body: Json, request: ModelRequest): void {
  for (const [index, value] of array(body.tools).entries()) {
    const tool = object(value);
    if (tool.type === "function") request.tools.push(readTool(object(tool.function), tool));
    else
      request.unsupported.push({
        param: `tools[${index}]`,
        reason: `tools of type ${string(tool.type)} cannot be translated.`,
      });
  }
  request.parallel_tool_calls = boolean(body.parallel_tool_calls);
  request.tool_choice = readToolChoice(body.tool_choice);
  if (body.tool_choice && !request.tool_choice)
    request.unsupported.push({ param: "tool_choice", reason: "this form of choice cannot be translated." });
}

function readTool(definition: Json, tool: Json): Tool {
  return {
    name: string(definition.name),
    description: text(definition.description),
    parameters: isObject(definition.parameters) ? definition.parameters : { type: "object", properties: {} },
    strict: boolean(definition.strict),
    cache: readCache(tool),
  };
}

function readToolChoice(choice: unknown): ToolChoice | undefined {
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  const name = string(object(object(choice).function).name);
  return name === "" ? undefined : { name };
}

function readOutput(format: Json): OutputFormat | undefined {
  if (format.type === "json_object") return { type: "json" };
  if (format.type !== "json_schema") return undefined;
  const { name, description, schema, strict } = object(format.json_schema);
  return {
    type: "json_schema",
    name: string(name),
    description: text(description),
    schema: object(schema),
    strict: boolean(strict),
  };
}

/** `cache_control` is Anthropic's, and what OpenRouter and others accept in this dialect. */
function readCache(part: Json): CacheMarker | undefined {
  return isObject(part.cache_control) ? { ttl: text(part.cache_control.ttl) } : undefined;
}

function readMessage(message: Json, index: number, request: ModelRequest): void {
  const at = `messages[${index}]`;
  const role = string(message.role);
  const parts = readContent(message.content, `${at}.content`, request);
  if (role === "system" || role === "developer") addMessage(request.messages, { role: "system", parts });
  else if (role === "tool") {
    const result: ToolResultPart = {
      type: "tool-result",
      call_id: string(message.tool_call_id),
      parts: parts as ToolResultPart["parts"],
    };
    addMessage(request.messages, { role: "tool", parts: [result] });
  } else if (role === "assistant")
    addMessage(request.messages, { role, parts: [...readThoughts(message), ...parts, ...readCalls(message)] });
  else if (role === "user") addMessage(request.messages, { role, parts });
  else
    request.unsupported.push({ param: `${at}.role`, reason: `the role ${JSON.stringify(role)} cannot be translated.` });
}

function readThoughts(message: Json): MessagePart[] {
  const thought = text(message.reasoning_content) ?? text(message.reasoning);
  return thought === undefined ? [] : [{ type: "reasoning", text: thought }];
}

export function readCalls(message: Json): MessagePart[] {
  return array(message.tool_calls).map((value) => {
    const call = object(value);
    const target = object(call.function);
    const signature = readSignature(call);
    return {
      type: "tool-call",
      id: string(call.id),
      name: string(target.name),
      arguments: typeof target.arguments === "string" ? target.arguments : JSON.stringify(target.arguments ?? {}),
      ...(signature !== undefined && { signature }),
    };
  });
}

/** Where Google's own OpenAI-compatible servers put the signature of a call. */
export function readSignature(call: Json): string | undefined {
  return text(object(object(call.extra_content).google).thought_signature);
}

function readContent(content: unknown, at: string, request: ModelRequest): MessagePart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return array(content).flatMap((value, index) => {
    const part = object(value);
    const read = readPart(part);
    if (!read)
      request.unsupported.push({
        param: `${at}[${index}]`,
        reason: `content of type ${string(part.type)} cannot be translated.`,
      });
    return read ? [{ ...read, cache: readCache(part) }] : [];
  });
}

function readPart(part: Json): MessagePart | undefined {
  if (part.type === "text") return { type: "text", text: string(part.text) };
  if (part.type === "refusal") return { type: "text", text: string(part.refusal) };
  if (part.type === "image_url") {
    const image = object(part.image_url);
    return { type: "image", ...readUrl(string(image.url)), detail: text(image.detail) };
  }
  const file = object(part.file);
  if (part.type !== "file" || typeof file.file_data !== "string") return undefined;
  return { type: "file", ...readUrl(file.file_data), name: text(file.filename) };
}
