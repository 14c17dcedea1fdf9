import type { ChatHistoryItem, ChatWrapper, LlamaModel, Token } from "node-llama-cpp";
import type { ChatMessage } from "./request.ts";
import type { Runtime } from "./runtime.ts";

/** The template that most small models carry, with joined strings joined and spaces removed. */
const CHATML =
  "{%formessageinmessages%}{{'<|im_start|>'+message['role']+'\\n'+message['content']+'<|im_end|>\\n'}}{%endfor%}" +
  "{%ifadd_generation_prompt%}{{'<|im_start|>assistant\\n'}}{%endif%}";

/** How a model wants its conversations written. Plain ChatML is known at sight; the library takes 0.2 s to recognise it. */
export function chatWrapper({ library }: Runtime, model: LlamaModel, template: unknown): ChatWrapper {
  const known = typeof template === "string" && plain(template) === CHATML;
  return known ? new library.ChatMLChatWrapper() : library.resolveChatWrapper(model, { warningLogs: false });
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
  const { contextText, stopGenerationTriggers } = wrapper.generateContextState({ chatHistory });
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
