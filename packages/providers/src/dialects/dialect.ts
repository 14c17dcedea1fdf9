import type {
  DialectId,
  DisplayMessage,
  ModelAnswer,
  ModelRequest,
  Operation,
  StreamPart,
  Usage,
  WireError,
} from "@flywheel/protocol";
import type { Quirk } from "../table.ts";
import type { Json } from "./json.ts";

/** A request taken apart for logs. Never throws: what cannot be read is left out. */
export interface DecodedRequest {
  messages: DisplayMessage[];
  /** Plain text of all messages, for search. */
  input_text: string;
  /** Everything but the messages: `temperature`, `tools`, `response_format` … */
  params: Record<string, unknown>;
}

/** An answer taken apart for logs. Never throws: a stream cut short gives what there was. */
export interface DecodedResponse {
  /** Text, then reasoning and tool calls as one JSON line each. */
  output_text: string;
  message: DisplayMessage | null;
  /** "" when the answer broke off before it was said. */
  finish_reason: string;
  response_model: string;
  response_id: string;
  usage: Usage | null;
  /** The provider's usage object, verbatim JSON, or "". */
  usage_raw: string;
  /** What the provider itself says the call cost, integer nano-dollars. */
  provider_cost_nano?: number;
  /** The error the body carries, if it does. */
  error?: WireError["error"];
}

/**
 * One wire format, as a provider speaks it. Where client and provider speak the same one the relay forwards bytes and
 * only logs read them through this; otherwise everything goes through the neutral forms of `protocol`.
 */
export interface Dialect {
  id: DialectId;
  /** Headers every request carries: name, value, name, value … */
  headers: readonly string[];
  /** Headers of a client that go with the request where the provider speaks the client's dialect. */
  clientHeaders: readonly string[];
  /** What follows the provider's base path; `undefined` where the dialect has no such operation. */
  path(operation: Operation, model: string, stream: boolean): string | undefined;
  decodeRequest(raw: Uint8Array): DecodedRequest;
  /** @param contentType decides between one JSON body and a stream; a stream is recognised without it, too */
  decodeResponse(raw: Uint8Array, contentType: string): DecodedResponse;
  /** @throws FlywheelError `unsupported_parameter` for what must not be left out but cannot be said */
  writeRequest(request: ModelRequest, quirks: ReadonlySet<Quirk>): WrittenRequest;
  /** Whether a body under a good status is an answer at all. */
  isAnswer(body: Json, operation: Operation): boolean;
  /** Never throws. */
  readAnswer(body: Json): ModelAnswer;
  streamReader(): StreamReader;
  /** Where the dialect's embeddings are not OpenAI's. */
  embeddings?: Embeddings;
}

/** Another dialect's words for OpenAI's embeddings, the only ones that clients ask for. */
export interface Embeddings {
  /** @throws FlywheelError `unsupported_parameter` */
  writeRequest(body: Json, model: string): WrittenRequest;
  /** @param asked the client's request */
  writeAnswer(answer: Json, asked: Json): Json;
}

/** A dialect that clients may speak to us, too. */
export interface ClientDialect extends Dialect {
  /** Never throws: what cannot be said in neutral words is listed in the result. */
  readRequest(body: Json): ModelRequest;
  writeAnswer(answer: ModelAnswer, echo: AnswerEcho): Json;
  streamWriter(echo: AnswerEcho): StreamWriter;
  writeError(error: WireError["error"], status: number, requestId: string): Json;
}

export interface WrittenRequest {
  body: Json;
  /** Paths of request fields that this dialect has no words for, in the neutral form's names. */
  ignored: string[];
}

/** What an answer says about the request it answers. */
export interface AnswerEcho {
  /** Used where the provider gave none. */
  id: string;
  model: string;
  /** Epoch seconds. */
  created: number;
  /** The client asked for a usage chunk (OpenAI chat only). */
  usage: boolean;
  /** Number of the next event, where the client has some already (OpenAI responses only). */
  sequence?: number;
  request: ModelRequest;
}

/** Reads one provider's stream, event by event. Keeps state: one reader a stream. Never throws. */
export interface StreamReader {
  /** @param event value of `event:`, or "" */
  read(event: string, data: string): StreamPart[];
  /** After the last event; what was still owed. No `finish` by then means the answer broke off. */
  end(): StreamPart[];
}

/** Writes one client's stream as text of whole events. Keeps state: one writer a stream. */
export interface StreamWriter {
  /** For `finish` and `error` this is everything to the very end. */
  write(part: StreamPart): string;
}
