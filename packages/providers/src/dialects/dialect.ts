import type { DialectId, DisplayMessage, Operation, Usage, WireError } from "@flywheel/protocol";

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

/** One wire format. The relay forwards bytes; only logs and translation read them through this. */
export interface Dialect {
  id: DialectId;
  /** Path of each operation after the provider's base path. */
  paths: Readonly<Record<Operation, string>>;
  decodeRequest(raw: Uint8Array): DecodedRequest;
  /** @param contentType decides between one JSON body and a stream; a stream is recognised without it, too */
  decodeResponse(raw: Uint8Array, contentType: string): DecodedResponse;
}
