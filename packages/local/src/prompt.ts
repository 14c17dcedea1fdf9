import type { ChatHistoryItem, ChatWrapper, LlamaModel, Token } from "node-llama-cpp";
import type { ChatMessage } from "./request.ts";
import type { Runtime } from "./runtime.ts";
import { withinTime } from "./time-limit.ts";

/** A template is a program of whoever made the file; a sensible one is done in a few milliseconds. */
const TEMPLATE_MS = 1000;

/** The template that most small models carry, with joined strings joined and spaces removed. */
const CHATML =
  "{%formessageinmessages%}{{'<|im_start|>'+message['role']+'\\n'+message['content']+'<|im_end|>\\n'}}{%endfor%}" +
  "{%ifadd_generation_prompt%}{{'<|im_start|>assistant\\n'}}{%endif%}";

/** How a model wants its conversations written. Plain ChatML is known at sight; the library takes 0.2 s to recognise it. */
export function chatWrapper({ library }: Runtime, model: LlamaModel, template: unknown): ChatWrapper {
  const known = typeof template === "string" && plain(template) === CHATML;
  if (known) return new library.ChatMLChatWrapper();
  return templated(() => library.resolveChatWrapper(model, { warningLogs: false }));
}

function templated<T>(work: () => T): T {
  try {
    return withinTime(TEMPLATE_MS, work);
  } catch (cause) {
    throw new Error(`the model's chat template fails: ${(cause as Error).message}`, { cause });
  }
}

function plain(template: string): string {
  return template
    .replaceAll("\n", "\\n")
    .replace(/'\s*\+\s*'/g, "")
    .replace(/\s+/g, "");
}

/** A conversation as the model reads it, and what ends its answer besides its own end-of-generation tokens. */
export interface Prompt {
  tokens: Token[];
  stopTokens: Set<Token>;
  stopTexts: string[];
}

/**
 * Renders messages with the model's own chat template. Only the template's marks become control tokens: the same
 * characters inside a message stay text, because messages are tokenised apart with special tokens off.
 */
export function renderPrompt(model: LlamaModel, wrapper: ChatWrapper, messages: readonly ChatMessage[]): Prompt {
  const chatHistory: ChatHistoryItem[] = messages.map(toHistory);
  chatHistory.push({ type: "model", response: [] });
  const { contextText, stopGenerationTriggers } = templated(() => wrapper.generateContextState({ chatHistory }));
  const prompt: Prompt = { tokens: contextText.tokenize(model.tokenizer), stopTokens: new Set(), stopTexts: [] };
  for (const trigger of stopGenerationTriggers) {
    const tokens = trigger.tokenize(model.tokenizer);
    if (tokens.length === 1) prompt.stopTokens.add(tokens[0]!);
    else if (tokens.length > 1) prompt.stopTexts.push(trigger.toString());
  }
  return prompt;
}

function toHistory(message: ChatMessage): ChatHistoryItem {
  switch (message.role) {
    case "system":
      return { type: "system", text: message.text };
    case "user":
      return { type: "user", text: message.text };
    case "assistant":
      return { type: "model", response: [message.text] };
  }
}
