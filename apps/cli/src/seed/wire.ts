/** Who an answer is written for: the words of its provider. */
export interface Speaker {
  model: string;
  dialect: "openai-chat" | "anthropic-messages";
}

/** About what tokenizers give for English. */
export const tokensIn = (text: string) => Math.max(1, Math.round(text.length / 4.2));

interface Tokens {
  input: number;
  output: number;
}

interface Form {
  stream: boolean;
  /** It came to its end. */
  whole: boolean;
}

/** An answer's body as the provider would have sent it. */
export function writeAnswer(model: Speaker, text: string, tokens: Tokens, form: Form): string {
  return (model.dialect === "anthropic-messages" ? writeMessages : writeChat)(model, text, tokens, form);
}

function writeChat(model: Speaker, text: string, tokens: Tokens, { stream, whole }: Form): string {
  const usage = { prompt_tokens: tokens.input, completion_tokens: tokens.output, total_tokens: tokens.input + tokens.output }; // prettier-ignore
  const head = { id: "chatcmpl-sample", created: 0, model: model.model };
  if (!stream) {
    const message = { role: "assistant", content: text, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
    return JSON.stringify({ ...head, object: "chat.completion", choices, usage });
  }
  const event = (delta: object, finish_reason: string | null) =>
    data({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
  const end = `${event({}, "stop")}${data({ ...head, object: "chat.completion.chunk", choices: [], usage })}data: [DONE]\n\n`;
  return event({ role: "assistant", content: "" }, null) + pieces(text).map((content) => event({ content }, null)).join("") + (whole ? end : ""); // prettier-ignore
}

function writeMessages(model: Speaker, text: string, tokens: Tokens, { stream, whole }: Form): string {
  const head = { id: "msg_sample", type: "message", role: "assistant", model: model.model };
  const usage = { input_tokens: tokens.input, output_tokens: tokens.output };
  if (!stream) return JSON.stringify({ ...head, content: [{ type: "text", text }], stop_reason: "end_turn", usage });
  const event = (type: string, fields: object) => `event: ${type}\n${data({ type, ...fields })}`;
  const end = event("content_block_stop", { index: 0 }) + event("message_delta", { delta: { stop_reason: "end_turn" }, usage }) + event("message_stop", {}); // prettier-ignore
  return (
    event("message_start", { message: { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } }) +
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
    pieces(text).map((piece) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } })).join("") +
    (whole ? end : "")
  ); // prettier-ignore
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

/** Fewer and larger than a real model's, which keeps the sample small. */
const pieces = (text: string) => text.match(/[^]{1,48}/g) ?? [];
