/**
 * A request for an answer in no provider's words: what every dialect is read into and written from where the client's
 * and the provider's differ. Field names follow OpenAI; absent = not asked for.
 */
export interface ModelRequest {
  model: string;
  stream: boolean;
  /** In order; system messages are among them. */
  messages: ModelMessage[];
  tools: Tool[];
  tool_choice?: ToolChoice;
  parallel_tool_calls?: boolean;
  output?: OutputFormat;
  max_output_tokens?: number;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  stop?: string[];
  seed?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  /** Alternatives wanted beside each token; 0 = only the log-probability of the token itself. */
  top_logprobs?: number;
  reasoning?: ReasoningRequest;
  user?: string;
  /** Paths of fields that have no neutral word and change nothing essential: named to the client, not sent. */
  ignored: string[];
  /** Fields that cannot be left out without answering another question: a translation refuses the request. */
  unsupported: { param: string; reason: string }[];
}

export interface ModelMessage {
  role: "system" | "user" | "assistant" | "tool";
  parts: MessagePart[];
}

export type MessagePart = TextPart | ImagePart | FilePart | ReasoningPart | ToolCallPart | ToolResultPart;

/** Marks the end of a prefix worth caching, for providers that want to be told. `ttl` such as `5m` or `1h`. */
export interface CacheMarker {
  ttl?: string;
}

export interface TextPart {
  type: "text";
  text: string;
  cache?: CacheMarker;
  /** One entry a token; only in answers. */
  logprobs?: TokenLogprob[];
}

/** Either `url` or `data` (base64) with its `media_type`. */
export interface ImagePart {
  type: "image";
  url?: string;
  data?: string;
  media_type?: string;
  /** OpenAI's `low`, `high`, `auto`. */
  detail?: string;
  cache?: CacheMarker;
}

/** A document such as a PDF; either `url` or `data` (base64) with its `media_type`. */
export interface FilePart {
  type: "file";
  url?: string;
  data?: string;
  media_type?: string;
  name?: string;
  cache?: CacheMarker;
}

/** What a model thought before it answered. */
export interface ReasoningPart {
  type: "reasoning";
  text: string;
  /** Opaque proof of the provider that the thought is its own; without it the thought cannot be sent back. */
  signature?: string;
  /** The text is withheld and `signature` holds it encrypted. */
  redacted?: boolean;
}

export interface ToolCallPart {
  type: "tool-call";
  id: string;
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
  /** See {@link ReasoningPart.signature}; Gemini signs calls. */
  signature?: string;
  cache?: CacheMarker;
}

export interface ToolResultPart {
  type: "tool-result";
  /** `id` of the call. */
  call_id: string;
  parts: (TextPart | ImagePart | FilePart)[];
  error?: boolean;
  cache?: CacheMarker;
}

/** A function the model may ask for. */
export interface Tool {
  name: string;
  description?: string;
  /** JSON Schema of its arguments. */
  parameters: Readonly<Record<string, unknown>>;
  strict?: boolean;
  cache?: CacheMarker;
}

export type ToolChoice = "auto" | "none" | "required" | { name: string };

export type OutputFormat =
  | { type: "json" }
  | {
      type: "json_schema";
      name: string;
      description?: string;
      schema: Readonly<Record<string, unknown>>;
      strict?: boolean;
    };

export interface ReasoningRequest {
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`; each target says what it makes of it. */
  effort?: string;
  budget_tokens?: number;
  /** Whether the client wants to see a summary of the thoughts. */
  visible?: boolean;
}

/** OpenAI's log-probability of one token. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[] | null;
  top_logprobs: { token: string; logprob: number; bytes: number[] | null }[];
}
