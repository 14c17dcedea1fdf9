import type { PromptMessage } from "@flywheel/protocol";
import { describe, isPlainObject } from "../plain-data.ts";

const ROLES = ["system", "user", "assistant"];
const LONGEST = 4 << 20;

/** What a prompt returned, as messages; text is one of the user's. Throws a sentence about what it is instead. */
export function messagesOf(returned: unknown): PromptMessage[] {
  const messages = typeof returned === "string" ? [{ role: "user", content: returned }] : returned;
  if (!Array.isArray(messages))
    throw new TypeError(`returned ${describe(returned)}; return text or a list of messages`);
  if (messages.length === 0) throw new TypeError("returned no messages");
  const checked = messages.map(messageOf);
  const characters = checked.reduce((sum, { content }) => sum + content.length, 0);
  if (characters > LONGEST) throw new TypeError(`returned ${characters} characters; at most ${LONGEST} are taken`);
  return checked;
}

function messageOf(message: unknown, i: number): PromptMessage {
  const { role, content } = isPlainObject(message) ? message : {};
  if (!ROLES.includes(role as string))
    throw new TypeError(
      `messages[${i}].role: expected ${ROLES.map((name) => `"${name}"`).join(" or ")}, got ${describe(role)}`,
    );
  if (typeof content !== "string")
    throw new TypeError(`messages[${i}].content: expected text, got ${describe(content)}`);
  return { role: role as PromptMessage["role"], content };
}
