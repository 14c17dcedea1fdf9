import type { MessagePart, ModelMessage, ModelRequest } from "@flywheel/protocol";
import { argumentsOf } from "../anthropic-messages/write-request.ts";
import type { WrittenRequest } from "../dialect.ts";
import { isObject, parseJson } from "../json.ts";
import type { Json } from "../json.ts";
import { addMessage, unsupported } from "../messages.ts";
import { plainText } from "../openai-chat/write-request.ts";

/** Google's own table for OpenAI's words. */
const BUDGETS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24576,
  xhigh: 24576,
};

interface Context {
  ignored: Set<string>;
  /** Name of the function behind each call so far: results are told apart by name here. */
  names: Map<string, string>;
}

export function writeRequest(request: ModelRequest): WrittenRequest {
  const context: Context = { ignored: new Set(request.ignored), names: new Map() };
  const { ignored } = context;
  if (request.user !== undefined) ignored.add("user");
  if (request.parallel_tool_calls === false) ignored.add("parallel_tool_calls");
  const body = {
    ...writeMessages(request.messages, context),
    ...writeTools(request, ignored),
    generationConfig: writeConfig(request),
  };
  return { body, ignored: [...ignored] };
}

function writeConfig(request: ModelRequest): Json {
  const { output, reasoning, top_logprobs } = request;
  const budget = reasoning?.budget_tokens ?? (reasoning?.effort === undefined ? undefined : BUDGETS[reasoning.effort]);
  return {
    maxOutputTokens: request.max_output_tokens,
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    stopSequences: request.stop,
    seed: request.seed,
    frequencyPenalty: request.frequency_penalty,
    presencePenalty: request.presence_penalty,
    ...(top_logprobs !== undefined && { responseLogprobs: true, logprobs: top_logprobs || undefined }),
    ...(output && { responseMimeType: "application/json" }),
    ...(output?.type === "json_schema" && { responseJsonSchema: output.schema }),
    ...(reasoning && { thinkingConfig: { thinkingBudget: budget, includeThoughts: reasoning.visible } }),
  };
}

function writeTools(request: ModelRequest, ignored: Set<string>): Json {
  if (request.tools.length === 0) return {};
  const functionDeclarations = request.tools.map(({ name, description, parameters, strict, cache }) => {
    if (strict) ignored.add("tools.strict");
    if (cache) ignored.add("cache_control");
    return { name, description, parametersJsonSchema: parameters };
  });
  const tools = [{ functionDeclarations }];
  const choice = request.tool_choice;
  if (choice === undefined) return { tools };
  if (typeof choice === "object")
    return { tools, toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [choice.name] } } };
  return { tools, toolConfig: { functionCallingConfig: { mode: MODES[choice] } } };
}

const MODES = { auto: "AUTO", none: "NONE", required: "ANY" } as const;

function writeMessages(messages: readonly ModelMessage[], context: Context): Json {
  const system: Json[] = [];
  const turns: ModelMessage[] = [];
  for (const { role, parts } of messages) {
    if (role === "system") {
      if (turns.length > 0) context.ignored.add("messages.position");
      system.push(...parts.flatMap((part) => writePart(part, context)));
    } else addMessage(turns, { role: role === "assistant" ? role : "user", parts });
  }
  const contents = turns.map(({ role, parts }) => ({
    role: role === "assistant" ? "model" : "user",
    parts: parts.flatMap((part) => writePart(part, context)),
  }));
  return {
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    contents: contents.filter(({ parts }) => parts.length > 0),
  };
}

function writePart(part: MessagePart, context: Context): Json[] {
  if ("cache" in part && part.cache) context.ignored.add("cache_control");
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ text: part.text }];
    case "image":
    case "file":
      if (part.url !== undefined)
        throw unsupported("messages", "an image or file by address cannot be sent to this provider; send its bytes.");
      if (part.type === "image" && part.detail !== undefined) context.ignored.add("detail");
      return [{ inlineData: { mimeType: part.media_type, data: part.data } }];
    case "reasoning":
      context.ignored.add("messages.reasoning");
      return [];
    case "tool-call": {
      context.names.set(part.id, part.name);
      const thoughtSignature = part.signature;
      return [{ functionCall: { name: part.name, args: argumentsOf(part.arguments) }, thoughtSignature }];
    }
    case "tool-result": {
      const name = context.names.get(part.call_id);
      if (name === undefined)
        throw unsupported("messages", `the tool result for ${JSON.stringify(part.call_id)} answers no call before it.`);
      return [{ functionResponse: { name, response: resultOf(plainText(part.parts), part.error) } }];
    }
  }
}

function resultOf(text: string, error: boolean | undefined): Json {
  if (error) return { error: text };
  const value = parseJson(text);
  return isObject(value) ? value : { result: text };
}
