import { readGguf } from "./gguf.ts";
import { instructed } from "./instructions.ts";
import { chatWrapper, renderPrompt } from "./prompt.ts";
import type { ChatMessage, Fields } from "./request.ts";
import { openRuntime } from "./runtime.ts";
import { holdWeights } from "./weights.ts";

/** A model's texts as tokens, exactly as they are when it is served: what is trained must be what is asked later. */
export interface TrainingText {
  /** A conversation up to where the model begins to answer. @param schema what the answer is held to, said in the prompt */
  prompt(messages: readonly { role: string; content: string }[], schema?: unknown): number[];
  /** An answer, with the token that ends it. */
  completion(text: string): number[];
  close(): Promise<void>;
}

/** @throws an Error saying what is wrong with the file */
export async function openTrainingText(path: string): Promise<TrainingText> {
  const header = await readGguf(path);
  const runtime = await openRuntime(1);
  const { model, release } = await holdWeights(runtime, path, header);
  const wrapper = chatWrapper(runtime, model, header.metadata["tokenizer.chat_template"]);
  const end = model.tokens.eot ?? model.tokens.eos;
  return {
    prompt(messages, schema) {
      const said = messages.map(({ role, content }): ChatMessage => ({ role: roleOf(role), text: content }));
      const held = typeof schema === "object" && schema !== null ? { schema: schema as Fields, schemaSaid: true } : {};
      const whole = instructed({ messages: said, tools: [], toolChoice: "auto", schemaSaid: false, ...held });
      return renderPrompt(model, wrapper, whole).tokens;
    },
    completion: (text) => [...model.tokenize(text, false, "trimLeadingSpace"), ...(end === null ? [] : [end])],
    close: release,
  };
}

const roleOf = (role: string): ChatMessage["role"] => (role === "system" || role === "assistant" ? role : "user");
