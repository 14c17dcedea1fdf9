import { FlywheelError } from "@flywheel/protocol";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  text: string;
}

/** A function that the model may ask to be called. */
export interface Tool {
  name: string;
  description?: string;
  /** JSON Schema of its arguments. */
  parameters: Fields;
}

export interface ToolCall {
  id: string;
  name: string;
  /** JSON. */
  arguments: string;
}

/** A checked `POST /v1/chat/completions` body. Absent numbers are `undefined`. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream: boolean;
  includeUsage: boolean;
  temperature?: number;
  topP?: number;
  maxTokens?: number;
  stop: string[];
  seed?: number;
  presencePenalty: number;
  frequencyPenalty: number;
  tools: Tool[];
  toolChoice: "auto" | "none" | "required" | { name: string };
  /** GBNF, as it is. */
  grammar?: string;
  /** The answer is JSON that this schema allows; `schemaParam` is the field it came in. */
  schema?: Fields | boolean;
  schemaParam: string;
  /** Whether the model is also told of the schema. */
  schemaSaid: boolean;
  /** Let go of the oldest turns and tokens where the context is too small, in place of an error or an early end. */
  contextShift: boolean;
  /** How many likely alternatives to report for each token; absent = no log-probabilities. */
  topLogprobs?: number;
  /** The same of the prompt's tokens. */
  promptLogprobs?: number;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

const ROLES: Record<string, ChatMessage["role"]> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  tool: "user",
};
const MAX_STOPS = 4;

/**
 * Parameters we know and do not have, each with the values that ask for nothing and are therefore accepted.
 * A parameter is honoured, refused, or in {@link NO_EFFECT}: never dropped in silence.
 */
const UNSUPPORTED: Record<string, { neutral: readonly Json[]; reason: string }> = {
  n: { neutral: [1], reason: "it gives one choice per request" },
  functions: { neutral: [], reason: "functions are given as `tools`" },
  function_call: { neutral: ["none", "auto"], reason: "functions are given as `tools`" },
  logit_bias: { neutral: [], reason: "logit biases are not available on local models yet" },
  modalities: { neutral: ["text"], reason: "it answers with text only" },
  audio: { neutral: [], reason: "it answers with text only" },
  prediction: { neutral: [], reason: "predicted outputs are not available" },
  reasoning_effort: { neutral: ["none"], reason: "it has no reasoning effort to set" },
  verbosity: { neutral: ["medium"], reason: "it has no verbosity to set" },
  web_search_options: { neutral: [], reason: "it cannot search the web" },
};

/** Bookkeeping that changes nothing about an answer. */
const NO_EFFECT = new Set([
  "user",
  "metadata",
  "store",
  "service_tier",
  "parallel_tool_calls",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
]);

const SUPPORTED = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "temperature",
  "top_p",
  "max_tokens",
  "max_completion_tokens",
  "stop",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "response_format",
  "grammar",
  "tools",
  "tool_choice",
  "logprobs",
  "top_logprobs",
  "prompt_logprobs",
  "context_shift",
]);

/**
 * Checks a parsed request body against what a local model can do.
 * @throws {FlywheelError} `invalid_request` or `unsupported_parameter`, with `param` naming the field
 */
export function readChatRequest(body: unknown): ChatRequest {
  if (!isFields(body))
    throw new FlywheelError("invalid_request", { reason: "The request body must be a JSON object." });
  refuseUnsupported(body);
  const stream = read(body, "stream", "a boolean", isBoolean) ?? false;
  const tools = readTools(body.tools);
  const toolChoice = readToolChoice(body.tool_choice, tools);
  const grammar = readGrammar(body);
  const format = readFormat(body.response_format);
  const forced = [grammar !== undefined, format !== undefined, toolChoice !== "auto" && toolChoice !== "none"];
  if (forced.filter(Boolean).length > 1)
    throw new FlywheelError("invalid_request", {
      reason: "Only one of `grammar`, `response_format` and a required tool can decide on an answer's form.",
    });
  return {
    model: read(body, "model", "a string", isText) ?? missing("model"),
    messages: readMessages(body.messages),
    stream,
    includeUsage: readIncludeUsage(body, stream),
    temperature: readNumber(body, "temperature", 0, 2),
    topP: readNumber(body, "top_p", 0, 1),
    maxTokens: readCount(body, "max_completion_tokens") ?? readCount(body, "max_tokens"),
    stop: readStop(body.stop),
    seed: readSeed(body),
    presencePenalty: readNumber(body, "presence_penalty", -2, 2) ?? 0,
    frequencyPenalty: readNumber(body, "frequency_penalty", -2, 2) ?? 0,
    tools,
    toolChoice,
    ...(grammar !== undefined && { grammar }),
    schemaParam: "response_format",
    schemaSaid: format?.said ?? false,
    ...(format && { schema: format.schema }),
    contextShift: read(body, "context_shift", "a boolean", isBoolean) ?? false,
    ...readLogprobs(body),
  };
}

function refuseUnsupported(body: Fields): void {
  for (const [param, value] of Object.entries(body)) {
    if (SUPPORTED.has(param) || NO_EFFECT.has(param) || isEmpty(value)) continue;
    const known = Object.hasOwn(UNSUPPORTED, param) ? UNSUPPORTED[param] : undefined;
    if (!known) throw unsupported(param, "it is not a parameter known here");
    const values = Array.isArray(value) ? value : [value];
    if (!values.every((item) => known.neutral.includes(item))) throw unsupported(param, known.reason);
  }
}

function readTools(value: Json | undefined): Tool[] {
  if (value == null) return [];
  if (!Array.isArray(value)) throw invalid("tools", "an array");
  return value.map((tool, i) => readTool(tool, `tools[${i}]`));
}

function readTool(tool: Json, path: string): Tool {
  if (!isFields(tool) || tool.type !== "function" || !isFields(tool.function))
    throw invalid(path, '`{"type":"function","function":{…}}`');
  const { name, description, parameters } = tool.function;
  if (typeof name !== "string" || !/^[\w.-]{1,64}$/.test(name))
    throw invalid(`${path}.function.name`, "1 to 64 letters, digits, `_`, `-` or `.`");
  if (description != null && typeof description !== "string") throw invalid(`${path}.function.description`, "a string");
  if (parameters != null && !isFields(parameters)) throw invalid(`${path}.function.parameters`, "a JSON Schema");
  return {
    name,
    ...(typeof description === "string" && { description }),
    parameters: parameters ?? { type: "object", properties: {} },
  };
}

function readToolChoice(value: Json | undefined, tools: readonly Tool[]): ChatRequest["toolChoice"] {
  if (value == null || value === "auto" || value === "none") return value ?? "auto";
  const name = isFields(value) && isFields(value.function) ? value.function.name : undefined;
  if (value !== "required" && typeof name !== "string")
    throw invalid("tool_choice", '"auto", "none", "required" or a function by name');
  const known = typeof name !== "string" || tools.some((tool) => tool.name === name);
  if (tools.length === 0 || !known) throw invalid("tool_choice", "one of `tools`");
  return typeof name === "string" ? { name } : "required";
}

const LONGEST_GRAMMAR = 256 * 1024;

function readGrammar(body: Fields): string | undefined {
  const fits = (value: Json): value is string => typeof value === "string" && value.length <= LONGEST_GRAMMAR;
  return read(body, "grammar", `GBNF text of at most ${LONGEST_GRAMMAR} characters`, fits);
}

function readFormat(value: Json | undefined): { schema: Fields | boolean; said: boolean } | undefined {
  if (value == null) return undefined;
  if (!isFields(value)) throw invalid("response_format", "an object");
  if (value.type === "text") return undefined;
  if (value.type === "json_object") return { schema: { type: "object" }, said: false };
  if (value.type !== "json_schema")
    throw unsupported("response_format.type", "the types are text, json_object and json_schema");
  const schema = isFields(value.json_schema) ? value.json_schema.schema : undefined;
  if (!isFields(schema) && typeof schema !== "boolean")
    throw invalid("response_format.json_schema.schema", "a JSON Schema");
  return { schema, said: true };
}

const MOST_LOGPROBS = 20;

function readLogprobs(body: Fields): { topLogprobs?: number; promptLogprobs?: number } {
  const within = (value: Json): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_LOGPROBS;
  const what = `a whole number from 0 to ${MOST_LOGPROBS}`;
  const wanted = read(body, "logprobs", "a boolean", isBoolean) ?? false;
  const top = read(body, "top_logprobs", what, within);
  if (top && !wanted)
    throw new FlywheelError("invalid_request", { reason: "`top_logprobs` needs `logprobs: true`." }, { param: "top_logprobs" }); // prettier-ignore
  const prompt = read(body, "prompt_logprobs", what, within);
  return { ...(wanted && { topLogprobs: top ?? 0 }), ...(prompt !== undefined && { promptLogprobs: prompt }) };
}

function readMessages(value: Json | undefined): ChatMessage[] {
  if (!Array.isArray(value)) throw invalid("messages", "an array");
  if (value.length === 0) throw invalid("messages", "an array with at least one message");
  return value.map((message, index) => readMessage(message, `messages[${index}]`));
}

function readMessage(message: Json, path: string): ChatMessage {
  if (!isFields(message)) throw invalid(path, "an object");
  if (typeof message.role !== "string") throw invalid(`${path}.role`, "a string");
  const role = Object.hasOwn(ROLES, message.role) ? ROLES[message.role] : undefined;
  if (!role) throw unsupported(`${path}.role`, `the roles are ${Object.keys(ROLES).join(", ")}`);
  const known = FIELDS[message.role] ?? FIELDS.other!;
  for (const [field, value] of Object.entries(message))
    if (!known.has(field) && !isEmpty(value)) throw unsupported(`${path}.${field}`, "messages here do not have it");
  if (message.role === "tool")
    return { role, text: `<tool_response>${readContent(message.content, `${path}.content`)}</tool_response>` };
  const calls = readCalls(message.tool_calls, `${path}.tool_calls`);
  if (calls !== "" && message.content == null) return { role, text: calls };
  return { role, text: readContent(message.content, `${path}.content`) + calls };
}

const FIELDS: Record<string, ReadonlySet<string>> = {
  assistant: new Set(["role", "content", "tool_calls"]),
  tool: new Set(["role", "content", "tool_call_id"]),
  other: new Set(["role", "content"]),
};

/** Earlier calls, as the model itself would have written them. */
function readCalls(value: Json | undefined, path: string): string {
  if (value == null) return "";
  if (!Array.isArray(value)) throw invalid(path, "an array");
  return value
    .map((call, i) => {
      const said = isFields(call) && isFields(call.function) ? call.function : undefined;
      if (typeof said?.name !== "string" || typeof said.arguments !== "string")
        throw invalid(`${path}[${i}]`, "a call of a function");
      return `<tool_call>{"name":${JSON.stringify(said.name)},"arguments":${said.arguments}}</tool_call>`;
    })
    .join("");
}

function readContent(content: Json | undefined, path: string): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content) || content.length === 0) throw invalid(path, "a string or a list of text parts");
  return content
    .map((part, index) => {
      if (!isFields(part) || typeof part.type !== "string") throw invalid(`${path}[${index}]`, "a content part");
      if (part.type !== "text") throw unsupported(`${path}[${index}]`, `it reads text, not ${part.type}`);
      if (typeof part.text !== "string") throw invalid(`${path}[${index}].text`, "a string");
      return part.text;
    })
    .join("");
}

function readIncludeUsage(body: Fields, stream: boolean): boolean {
  const options = body.stream_options;
  if (options == null) return false;
  if (!isFields(options)) throw invalid("stream_options", "an object");
  if (!stream)
    throw new FlywheelError(
      "invalid_request",
      { reason: "`stream_options` needs `stream: true`." },
      { param: "stream_options" },
    );
  for (const [option, value] of Object.entries(options)) {
    // Obfuscation hides chunk lengths from an eavesdropper; there is none on loopback, so both answers are the same.
    const known = option === "include_usage" || option === "include_obfuscation";
    if (!known) throw unsupported(`stream_options.${option}`, "it is not an option known here");
    if (value !== null && typeof value !== "boolean") throw invalid(`stream_options.${option}`, "a boolean");
  }
  return options.include_usage === true;
}

function readStop(value: Json | undefined): string[] {
  if (value == null) return [];
  const stops = Array.isArray(value) ? value : [value];
  if (stops.length > MAX_STOPS || !stops.every((stop) => typeof stop === "string" && stop !== "")) {
    throw invalid("stop", `a non-empty string, or up to ${MAX_STOPS} of them`);
  }
  return stops as string[];
}

function readCount(body: Fields, param: string): number | undefined {
  return read(
    body,
    param,
    "a whole number of at least 1",
    (value): value is number => Number.isInteger(value) && (value as number) >= 1,
  );
}

function readSeed(body: Fields): number | undefined {
  return read(body, "seed", "a whole number", (value): value is number => Number.isInteger(value));
}

function readNumber(body: Fields, param: string, low: number, high: number): number | undefined {
  const within = (value: Json): value is number => typeof value === "number" && value >= low && value <= high;
  return read(body, param, `a number from ${low} to ${high}`, within);
}

function read<T extends Json>(
  body: Fields,
  param: string,
  expected: string,
  test: (value: Json) => value is T,
): T | undefined {
  const value = body[param];
  if (value == null) return undefined;
  if (!test(value)) throw invalid(param, expected);
  return value;
}

const isBoolean = (value: Json): value is boolean => typeof value === "boolean";
const isText = (value: Json): value is string => typeof value === "string";
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** Values that clients send for "not used": they repeat them from answers, such as `tool_calls: []`. */
const isEmpty = (value: Json | undefined) =>
  value == null || (Array.isArray(value) && value.length === 0) || (isFields(value) && Object.keys(value).length === 0);

function missing(param: string): never {
  throw new FlywheelError("invalid_request", { reason: `\`${param}\` is missing.` }, { param });
}

function invalid(param: string, expected: string): FlywheelError {
  return new FlywheelError("invalid_request", { reason: `\`${param}\` must be ${expected}.` }, { param });
}

function unsupported(param: string, reason: string): FlywheelError {
  return new FlywheelError("unsupported_parameter", { param, reason }, { param });
}
