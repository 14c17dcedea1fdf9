import type { MessagePart, ModelRequest, OutputFormat, ToolChoice } from "@flywheel/protocol";
import { readUrl } from "../data-url.ts";
import { array, boolean, count, isObject, number, object, string, text } from "../json.ts";
import type { Json } from "../json.ts";
import { addMessage, emptyRequest, leftOver } from "../messages.ts";

/** `store`, `truncation` and `include` are read or mean nothing where no state is kept. */
const KNOWN = new Set(
  `model input instructions stream stream_options tools tool_choice parallel_tool_calls text reasoning max_output_tokens
  temperature top_p top_logprobs user include store truncation`.split(/\s+/),
);

const ESSENTIAL = {
  previous_response_id: "no answers are kept here; send the whole conversation in `input`.",
  conversation: "no conversations are kept here; send the whole conversation in `input`.",
  background: "answers come at once or not at all.",
  prompt: "stored prompts are a service of one provider.",
};

export function readRequest(body: Json): ModelRequest {
  const request = emptyRequest(string(body.model), body.stream === true);
  if (text(body.instructions))
    request.messages.push({ role: "system", parts: [{ type: "text", text: string(body.instructions) }] });
  const input = typeof body.input === "string" ? [{ role: "user", content: body.input }] : array(body.input);
  for (const [index, item] of input.entries()) readItem(object(item), `input[${index}]`, request);
  readTools(body, request);
  request.output = readOutput(object(object(body.text).format));
  if (object(body.text).verbosity) request.ignored.push("text.verbosity");
  request.max_output_tokens = count(body.max_output_tokens);
  request.temperature = number(body.temperature);
  request.top_p = number(body.top_p);
  request.user = text(body.user);
  if (array(body.include).includes("message.output_text.logprobs") || count(body.top_logprobs) !== undefined)
    request.top_logprobs = count(body.top_logprobs) ?? 0;
  const { effort, summary } = object(body.reasoning);
  if (effort || summary) request.reasoning = { effort: text(effort), visible: Boolean(summary) };
  leftOver(body, KNOWN, ESSENTIAL, request);
  return request;
}

function readItem(item: Json, at: string, request: ModelRequest): void {
  const { messages } = request;
  switch (item.type ?? "message") {
    case "message": {
      const role = item.role === "developer" ? "system" : item.role;
      const parts = readContent(item.content, `${at}.content`, request);
      if (role === "system" || role === "user" || role === "assistant") addMessage(messages, { role, parts });
      else request.unsupported.push({ param: `${at}.role`, reason: "this role cannot be translated." });
      return;
    }
    case "function_call":
      addMessage(messages, { role: "assistant", parts: [readCall(item)] });
      return;
    case "function_call_output": {
      const parts = readContent(item.output, `${at}.output`, request) as [];
      addMessage(messages, { role: "tool", parts: [{ type: "tool-result", call_id: string(item.call_id), parts }] });
      return;
    }
    case "reasoning":
      addMessage(messages, { role: "assistant", parts: [readThought(item)] });
      return;
    case "item_reference": {
      const reason = "this item is not known here (any more). Send it whole; the AI SDK does with `store: false`.";
      request.unsupported.push({ param: at, reason });
      return;
    }
    default:
      request.unsupported.push({ param: at, reason: `items of type ${string(item.type)} cannot be translated.` });
  }
}

export function readCall(item: Json): Extract<MessagePart, { type: "tool-call" }> {
  return { type: "tool-call", id: string(item.call_id), name: string(item.name), arguments: string(item.arguments) };
}

/** `encrypted_content` is what proves a thought; with it the provider needs no text. */
export function readThought(item: Json): Extract<MessagePart, { type: "reasoning" }> {
  const texts = [...array(item.summary), ...array(item.content)].map((part) => string(object(part).text));
  return { type: "reasoning", text: texts.join("\n\n"), signature: text(item.encrypted_content) };
}

function readContent(content: unknown, at: string, request: ModelRequest): MessagePart[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return array(content).flatMap((value, index) => {
    const part = readPart(object(value));
    if (part) return [part];
    const type = string(object(value).type);
    request.unsupported.push({ param: `${at}[${index}]`, reason: `content of type ${type} cannot be translated.` });
    return [];
  });
}

function readPart(part: Json): MessagePart | undefined {
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text":
      return { type: "text", text: string(part.text) };
    case "refusal":
      return { type: "text", text: string(part.refusal) };
    case "input_image":
      if (typeof part.image_url !== "string") return undefined;
      return { type: "image", ...readUrl(part.image_url), detail: text(part.detail) };
    case "input_file": {
      const address = text(part.file_data) ?? text(part.file_url);
      return address === undefined ? undefined : { type: "file", ...readUrl(address), name: text(part.filename) };
    }
    default:
      return undefined;
  }
}

function readTools(body: Json, request: ModelRequest): void {
  for (const [index, value] of array(body.tools).entries()) {
    const tool = object(value);
    if (tool.type !== "function") {
      const reason = `tools of type ${string(tool.type)} are a service of one provider.`;
      request.unsupported.push({ param: `tools[${index}]`, reason });
      continue;
    }
    request.tools.push({
      name: string(tool.name),
      description: text(tool.description),
      parameters: isObject(tool.parameters) ? tool.parameters : { type: "object", properties: {} },
      strict: boolean(tool.strict),
    });
  }
  request.parallel_tool_calls = boolean(body.parallel_tool_calls);
  request.tool_choice = readToolChoice(body.tool_choice);
  if (body.tool_choice && !request.tool_choice)
    request.unsupported.push({ param: "tool_choice", reason: "this form of choice cannot be translated." });
}

function readToolChoice(choice: unknown): ToolChoice | undefined {
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  const { type, name } = object(choice);
  return type === "function" && typeof name === "string" ? { name } : undefined;
}

function readOutput(format: Json): OutputFormat | undefined {
  if (format.type === "json_object") return { type: "json" };
  if (format.type !== "json_schema") return undefined;
  return {
    type: "json_schema",
    name: string(format.name),
    description: text(format.description),
    schema: object(format.schema),
    strict: boolean(format.strict),
  };
}
