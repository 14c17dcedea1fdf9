import { randomInt } from "node:crypto";
import { FlywheelError, type LocalModelConfig } from "@flywheel/protocol";
import type {
  ChatWrapper,
  LlamaContext,
  LlamaContextSequence,
  LlamaModel,
  SequenceEvaluateOptions,
  Token,
} from "node-llama-cpp";
import { checkFitness } from "./fitness.ts";
import { readGguf } from "./gguf.ts";
import { chatWrapper, renderPrompt, type Prompt } from "./prompt.ts";
import type { ChatRequest } from "./request.ts";
import type { Runtime } from "./runtime.ts";
import { Slots } from "./slots.ts";
import { stopFilter, tokenReader } from "./text.ts";

/** A model in memory with one context, whose sequences are the slots that requests take turns with. */
export interface LoadedModel {
  name: string;
  model: LlamaModel;
  context: LlamaContext;
  wrapper: ChatWrapper;
  slots: Slots<LlamaContextSequence>;
  /** Tokens a request may use, answer included. */
  contextLength: number;
  parameters: number;
  loadMs: number;
  promptTokens: number;
  completionTokens: number;
}

/** How an answer ended. */
export interface Ending {
  finishReason: "stop" | "length";
  promptTokens: number;
  completionTokens: number;
}

/** A small model is only sensible near its most likely words; a larger one gets llama.cpp's usual temperature. */
const SMALL_MODEL = { parameters: 100e6, temperature: 0.2 };
const USUAL_TEMPERATURE = 0.8;
/** A prompt is read in pieces of so many tokens, so that a long one can be abandoned and shares each batch with others. */
const PROMPT_PIECE = 128;
/** Weights up to this size are checked for NaN and the like while loading; it would take long for large ones. */
const CHECKED_BYTES = 256 * 2 ** 20;
/** llama.cpp reads this seed as "make one up". */
const RANDOM_SEED = 0xffffffff;

/**
 * Loads a GGUF file. Never memory-mapped: a file truncated in place under a map would kill the process.
 * @throws an Error saying what is wrong with the file
 */
export async function loadModel(
  runtime: Runtime,
  name: string,
  config: LocalModelConfig,
  slots: number,
  maxWaiting: number,
): Promise<LoadedModel> {
  const header = await readGguf(config.path);
  const contextLength = checkFitness(header, config.context_length);
  const started = performance.now();
  return runtime.explain(async () => {
    const checkTensors = header.fileBytes <= CHECKED_BYTES;
    const model = await runtime.llama.loadModel({ modelPath: config.path, useMmap: false, checkTensors });
    try {
      const context = await model.createContext({ sequences: slots, contextSize: contextLength });
      const sequences = Array.from({ length: slots }, () => context.getSequence());
      return {
        name,
        model,
        context,
        wrapper: chatWrapper(runtime, model, header.metadata["tokenizer.chat_template"]),
        slots: new Slots(sequences, maxWaiting, `local/${name}`),
        contextLength: Math.min(contextLength, context.contextSize),
        parameters: header.parameters,
        loadMs: Math.round(performance.now() - started),
        promptTokens: 0,
        completionTokens: 0,
      };
    } catch (error) {
      await model.dispose();
      throw error;
    }
  });
}

/**
 * Answers a request: yields text as it becomes certain, returns how it ended. Waits for a slot first and always gives it back.
 * @throws {FlywheelError} `context_length_exceeded`, `overloaded`; the signal's reason once it is aborted
 */
export async function* generate(
  loaded: LoadedModel,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<string, Ending> {
  const prompt = renderPrompt(loaded.model, loaded.wrapper, request.messages);
  const used = prompt.tokens.length;
  if (used >= loaded.contextLength) {
    throw new FlywheelError("context_length_exceeded", { used, limit: loaded.contextLength }, { param: "messages" });
  }
  const limit = Math.min(request.maxTokens ?? Infinity, loaded.contextLength - used);
  const sequence = await loaded.slots.take(signal);
  try {
    const last = await readAhead(sequence, prompt.tokens, signal);
    loaded.promptTokens += used;
    return yield* answer(loaded, sequence, last, prompt, request, limit, signal);
  } finally {
    await sequence.clearHistory();
    loaded.slots.give(sequence);
  }
}

/** Evaluates all of a prompt but its last piece, which it returns. */
async function readAhead(sequence: LlamaContextSequence, tokens: Token[], signal: AbortSignal): Promise<Token[]> {
  let at = 0;
  for (; at + PROMPT_PIECE < tokens.length; at += PROMPT_PIECE) {
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(at, at + PROMPT_PIECE));
    signal.throwIfAborted();
  }
  return tokens.slice(at);
}

async function* answer(
  loaded: LoadedModel,
  sequence: LlamaContextSequence,
  tokens: Token[],
  prompt: Prompt,
  request: ChatRequest,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<string, Ending> {
  const reader = tokenReader(
    (now, before) => loaded.model.detokenize(now as Token[], false, before as Token[]),
    prompt.tokens,
  );
  const stops = stopFilter([...request.stop, ...prompt.stopTexts]);
  const ending: Ending = { finishReason: "stop", promptTokens: prompt.tokens.length, completionTokens: 0 };
  const said: Token[] = [];
  for await (const token of sequence.evaluate(tokens, sampling(loaded, request, said))) {
    signal.throwIfAborted();
    if (prompt.stopTokens.has(token)) break;
    said.push(token);
    loaded.completionTokens++;
    ending.completionTokens++;
    const text = stops.push(reader.push(token));
    if (text !== "") yield text;
    if (stops.met) break;
    if (ending.completionTokens === limit) {
      ending.finishReason = "length";
      break;
    }
  }
  const rest = stops.push(reader.end()) + stops.end();
  if (rest !== "") yield rest;
  return ending;
}

/** OpenAI's sampling parameters in node-llama-cpp's terms. `said` grows with the answer: penalties look at it, not at the prompt. */
function sampling(loaded: LoadedModel, request: ChatRequest, said: Token[]): SequenceEvaluateOptions {
  const penalised = request.presencePenalty !== 0 || request.frequencyPenalty !== 0;
  return {
    temperature: request.temperature ?? defaultTemperature(loaded.parameters),
    topP: request.topP ?? 1,
    topK: 0,
    seed: request.seed === undefined ? randomInt(RANDOM_SEED) : foldSeed(request.seed),
    ...(penalised && {
      repeatPenalty: {
        penalty: 1,
        presencePenalty: request.presencePenalty,
        frequencyPenalty: request.frequencyPenalty,
        punishTokens: () => said,
        maxPunishTokens: loaded.contextLength,
      },
    }),
  };
}

/** The temperature of a request that names none, by the size of the model. */
function defaultTemperature(parameters: number): number {
  return parameters < SMALL_MODEL.parameters ? SMALL_MODEL.temperature : USUAL_TEMPERATURE;
}

/** OpenAI's seeds are 64-bit and may be negative; llama.cpp's are 32-bit. */
function foldSeed(seed: number): number {
  return ((seed % RANDOM_SEED) + RANDOM_SEED) % RANDOM_SEED;
}
