import { fileURLToPath } from "node:url";
import {
  getLlama,
  LlamaGrammar,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from "node-llama-cpp";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface Reply {
  text: string;
  /** The model ended its turn by itself, before the limit. */
  ended: boolean;
  /** Tokens of the prompt and of the reply. */
  tokens: { prompt: number; reply: number };
}

export interface Chat {
  model: LlamaModel;
  /** Greedy answer to a conversation, written in ChatML exactly as in training; only what `gbnf` admits, if given. */
  reply(messages: Message[], limit?: number, gbnf?: string): Promise<Reply>;
  close(): Promise<void>;
}

export const SPARK = fileURLToPath(new URL("spark.gguf", import.meta.url));

/** Loads a GGUF with spark's tokenizer on one thread of the CPU. */
export async function openChat(path: string = SPARK): Promise<Chat> {
  const llama = await getLlama({ build: "never", gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({ contextSize: 1024 });
  const sequence = context.getSequence();
  return {
    model,
    reply: (messages, limit = 120, gbnf) => {
      const grammar = gbnf === undefined ? undefined : new LlamaGrammar(llama, { grammar: gbnf });
      const state = grammar && new LlamaGrammarEvaluationState({ model, grammar });
      return generate(model, sequence, chatml(model, messages), limit, state);
    },
    close: () => llama.dispose(),
  };
}

/** Tokens of a conversation up to the point where the assistant speaks; only the marks are control tokens. */
function chatml(model: LlamaModel, messages: Message[]): Token[] {
  const control = (text: string): Token[] => model.tokenize(text, true);
  const turn = ({ role, content }: Message): Token[] => [
    ...control("<|im_start|>"),
    ...model.tokenize(`${role}\n${content}`),
    ...control("<|im_end|>"),
    ...model.tokenize("\n"),
  ];
  return [...control("<s>"), ...messages.flatMap(turn), ...control("<|im_start|>"), ...model.tokenize("assistant\n")];
}

async function generate(
  model: LlamaModel,
  sequence: LlamaContextSequence,
  prompt: Token[],
  limit: number,
  grammarEvaluationState?: LlamaGrammarEvaluationState,
): Promise<Reply> {
  await sequence.clearHistory();
  const reply: Token[] = [];
  let ended = true;
  for await (const token of sequence.evaluate(prompt, {
    temperature: 0,
    yieldEogToken: false,
    grammarEvaluationState,
  })) {
    reply.push(token);
    ended = reply.length < limit;
    if (!ended) break;
  }
  return { text: model.detokenize(reply), ended, tokens: { prompt: prompt.length, reply: reply.length } };
}
