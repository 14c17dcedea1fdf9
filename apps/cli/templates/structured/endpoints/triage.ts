import { defineEndpoint } from "flywheel";

/** What the support desk needs to route a message. */
export interface Triage {
  queue: "billing" | "cards" | "transfers" | "other";
  /** 1 = can wait, 3 = a person loses money now */
  urgency: 1 | 2 | 3;
  /**
   * One sentence, in the customer's language.
   *
   * @maxLength 160
   */
  summary: string;
}

/** Routes a support message to those who can help. */
export default defineEndpoint<{ message: string }, Triage>({
  model: "fast",
  prompt: ({ message }) => `Triage this support message.\n\n${message}`,
});
