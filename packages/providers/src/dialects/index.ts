import type { DialectId } from "@flywheel/protocol";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import type { ClientDialect, Dialect } from "./dialect.ts";
import { gemini } from "./gemini/index.ts";
import { openaiChat } from "./openai-chat/index.ts";
import { openaiResponses } from "./openai-responses/index.ts";

/** Every wire format spoken. */
export const DIALECTS: Readonly<Record<DialectId, Dialect>> = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  gemini,
};

/** Those that clients may speak to us. */
export const CLIENT_DIALECTS = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
} as const satisfies Partial<Record<DialectId, ClientDialect>>;
