import type { DialectId } from "@flywheel/protocol";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import type { ClientDialect, Dialect } from "./dialect.ts";
import { openaiChat } from "./openai-chat/index.ts";

/** Every wire format spoken. */
export const DIALECTS: Readonly<Record<DialectId, Dialect>> = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
};

/** Those that clients may speak to us. */
export const CLIENT_DIALECTS = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
} as const satisfies Partial<Record<DialectId, ClientDialect>>;
