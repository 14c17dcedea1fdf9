import type { GenerationDetail } from "@flywheel/protocol";

/** One message as it is edited. */
export interface DraftMessage {
  role: string;
  text: string;
  /** `text` is the message's JSON, since it holds more than words: images, tool calls, tool results. */
  json?: true;
}

/** Names of the parameters that have a field of their own; everything else stands in `extra`. */
export const PARAMETERS = ["temperature", "max_tokens", "top_p", "seed", "stop"] as const;
export type Parameter = (typeof PARAMETERS)[number];

/** A request as it is edited in the playground: what one types, be it valid or not. */
export interface Draft {
  models: string[];
  system: string;
  messages: DraftMessage[];
  parameters: Partial<Record<Parameter, string>>;
  jsonMode: boolean;
  /** More fields of the body, as JSON. */
  extra: string;
}

export const MOST_MODELS = 4;

export const EMPTY_DRAFT: Draft = {
  models: [],
  system: "",
  messages: [{ role: "user", text: "" }],
  parameters: {},
  jsonMode: false,
  extra: "",
};

type Json = Record<string, unknown>;

/** The body for one of the models. Throws an `Error` that says what cannot be sent. */
export function bodyOf(draft: Draft, model: string): Json {
  const messages = draft.messages.filter(({ text }) => text.trim() !== "").map(messageOf);
  if (messages.length === 0) throw new Error("There is no message to send.");
  if (model.trim() === "") throw new Error("Choose a model.");
  const system = draft.system.trim() === "" ? [] : [{ role: "system", content: draft.system }];
  return {
    model: model.trim(),
    messages: [...system, ...messages],
    ...parametersOf(draft.parameters),
    ...(draft.jsonMode && { response_format: { type: "json_object" } }),
    ...extraOf(draft.extra),
  };
}

/** What goes over the wire: streamed and with its usage, unless the draft says otherwise. */
export function wireBody(body: Json): Json {
  return body["stream"] === false ? body : { stream: true, stream_options: { include_usage: true }, ...body };
}

function messageOf({ role, text, json }: DraftMessage): Json {
  if (!json) return { role, content: text };
  const value = parse(text, "A message");
  if (!isObject(value)) throw new Error("A message must be a JSON object.");
  return { ...value, role };
}

function parametersOf(parameters: Draft["parameters"]): Json {
  const set = PARAMETERS.filter((name) => parameters[name]?.trim());
  return Object.fromEntries(set.map((name) => [name, valueOf(name, parameters[name]!.trim())]));
}

function valueOf(name: Parameter, text: string): unknown {
  if (name === "stop") return text.split(",").map((word) => word.replaceAll("\\n", "\n"));
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`${name} must be a number, not ${JSON.stringify(text)}.`);
  return value;
}

function extraOf(text: string): Json {
  if (text.trim() === "") return {};
  const value = parse(text, "The field for more");
  if (!isObject(value)) throw new Error("The field for more must be a JSON object.");
  return value;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A chat request's body as a draft; `model` may be a list. What has no field of its own goes to `extra`. */
export function draftOf(body: Json): Draft {
  const { model, messages, stream: _, stream_options: __, response_format: format, ...rest } = body;
  const list = Array.isArray(messages) ? messages.filter(isObject) : [];
  const [first] = list;
  const system = first?.["role"] === "system" && typeof first["content"] === "string" ? first["content"] : "";
  const jsonMode = isObject(format) && format["type"] === "json_object" && Object.keys(format).length === 1;
  const parameters: Draft["parameters"] = {};
  for (const name of PARAMETERS) {
    const text = textOf(rest[name]);
    if (text === undefined) continue;
    parameters[name] = text;
    delete rest[name];
  }
  const extra = { ...rest, ...(format !== undefined && !jsonMode && { response_format: format }) };
  const written = list.slice(system === "" ? 0 : 1).map(draftMessage);
  return {
    models: namesOf(model),
    system,
    messages: written.length > 0 ? written : [{ role: "user", text: "" }],
    parameters,
    jsonMode,
    extra: Object.keys(extra).length === 0 ? "" : JSON.stringify(extra, null, 2),
  };
}

function draftMessage({ role, ...rest }: Json): DraftMessage {
  const name = typeof role === "string" ? role : "user";
  const { content, ...others } = rest;
  if (typeof content === "string" && Object.keys(others).length === 0) return { role: name, text: content };
  return { role: name, text: JSON.stringify(rest, null, 2), json: true };
}

/** As it would be typed; `undefined` where the field cannot hold it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value.includes(",") ? undefined : value.replaceAll("\n", "\\n");
  const isWords = Array.isArray(value) && value.every((word) => typeof word === "string" && !word.includes(","));
  return isWords ? value.map((word: string) => word.replaceAll("\n", "\\n")).join(",") : undefined;
}

const namesOf = (model: unknown): string[] =>
  (Array.isArray(model) ? model : [model]).filter((name) => typeof name === "string").slice(0, MOST_MODELS);

/** A logged generation as a draft: its own body where that is in the chat dialect, else its messages as text. */
export function draftOfGeneration(generation: GenerationDetail): Draft {
  const body = bodyOfText(generation.request_body);
  if (generation.request_dialect === "openai-chat" && body && Array.isArray(body["messages"])) return draftOf(body);
  const messages = generation.messages.map(({ role, text }) => ({ role, content: text }));
  return draftOf({ model: generation.request_model, messages });
}

function bodyOfText(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What is kept of a draft under a name. */
export function savedBody(draft: Draft): Json {
  return { ...bodyOf(draft, draft.models[0] ?? "default"), model: draft.models };
}
