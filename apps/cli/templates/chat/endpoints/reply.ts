import { defineEndpoint } from "flywheel";

/** A conversation, the oldest message first. */
export interface Conversation {
  messages: { role: "user" | "assistant"; content: string }[];
}

/** The next message of the support desk, as text. */
export default defineEndpoint<Conversation>({
  model: "default",
  prompt: ({ messages }) => [
    { role: "system", content: "You answer for a bank's support desk: friendly, in at most three sentences." },
    ...messages,
  ],
});
