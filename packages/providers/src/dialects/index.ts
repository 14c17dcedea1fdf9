import type { DialectId } from "@flywheel/protocol";
import type { Dialect } from "./dialect.ts";
import { openaiChat } from "./openai-chat.ts";

/** Every wire format spoken. */
export const DIALECTS: Readonly<Record<DialectId, Dialect>> = { "openai-chat": openaiChat };
