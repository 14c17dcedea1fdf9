import { randomInt } from "node:crypto";
import { FlywheelError, type LocalModelConfig } from "@flywheel/protocol";
import type {
  ChatWrapper,
  LlamaContext,
  LlamaContextSequence,
  LlamaEmbeddingContext,
  LlamaGrammar,
  LlamaModel,
  SequenceEvaluateOptions,
  Token,
  TokenBias,
} from "node-llama-cpp";
import { withFreshPath } from "./adapter-link.ts";
import { constraintOf } from "./constraint.ts";
import { checkAdapter, checkFitness } from "./fitness.ts";
import { checkGrammar } from "./gbnf.ts";
import { type GgufArray, readGguf } from "./gguf.ts";
import { instructed } from "./instructions.ts";
import { type PromptLogprob, readScored, type TokenLogprob, tokenLogprob } from "./logprobs.ts";
import { chatWrapper, renderPrompt, type Prompt } from "./prompt.ts";
import type { ChatRequest, ToolCall } from "./request.ts";
import type { Runtime } from "./runtime.ts";
import { containSampling, isNoToken, withoutControl } from "./sampling.ts";
import { Slots } from "./slots.ts";
import { stopFilter, tokenReader } from "./text.ts";
import { callFilter } from "./tools.ts";
import { holdWeights } from "./weights.ts";

/** A model in memory with one context, whose sequences are the slots that requests take turns with. */
export interface LoadedModel {
  name: string;
  model: LlamaModel;
  context: LlamaContext;
  wrapper: ChatWrapper;
  slots: Slots<LlamaContextSequence>;
  /** Made when it is first asked for. */
  embeddings(): Promise<LlamaEmbeddingContext>;
  runtime: Runtime;
  /** Keeps a model that a grammar holds away from control tokens. Made when it is first asked for. */
  noControl(): TokenBias;
  /** Tokens that the model knows. */
  vocabulary: number;
  /** Tokens a request may use, answer included. */
  contextLength: number;
  parameters: number;
  loadMs: number;
  promptTokens: number;
  completionTokens: number;
  free(): Promise<void>;
}

/** How an answer ended. */
export interface Ending {
  finishReason: "stop" | "length" | "tool_calls";
  promptTokens: number;
  completionTokens: number;
  /** Tools that the model asks to be called. */
  calls: ToolCall[];
  promptLogprobs?: PromptLogprob[];
}

/** A small model is only sensible near its most likely words; a larger one gets llama.cpp's usual temperature. */
const SMALL_MODEL = { parameters: 100e6, temperature: 0.2 };
const USUAL_TEMPERATURE = 0.8;
/**
 * A small model that has begun to say the same over and over does not stop by itself (llama.cpp's DRY sampler). What it
 * repeats of its prompt is not counted, and neither is a repetition of a few tokens.
 */
const NO_LOOPS = { strength: 0.8, base: 1.75, allowedLength: 8, lastTokens: 96, sequenceBreakers: ["\n"] };
/**
 * A prompt is read in pieces, so that a long one can be abandoned and shares each batch with others: first so many tokens,
 * then as many as take about `milliseconds`.
 */
const PROMPT_PIECE = { first: 96, least: 16, most: 512, milliseconds: 40 };
/** llama.cpp reads this seed as "make one up". */
const RANDOM_SEED = 0xffffffff;

/**
 * Loads a GGUF file, with its adapter.
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
  if (config.adapter !== undefined) checkAdapter(await readGguf(config.adapter), header);
  const started = performance.now();
  return runtime.explain(async () => {
    const weights = await holdWeights(runtime, config.path, header);
    const { model } = weights;
    try {
      const context = await withFreshPath(config.adapter, (lora) =>
        model.createContext({ sequences: slots, contextSize: contextLength, ...(lora !== undefined && { lora }) }),
      );
      containSampling(context);
      const sequences = Array.from({ length: slots }, () => context.getSequence());
      let embeddings: Promise<LlamaEmbeddingContext> | undefined;
      let noControl: TokenBias | undefined;
      const vocabulary = (header.metadata["tokenizer.ggml.tokens"] as GgufArray).values.length; // checked to be there
      return {
        name,
        runtime,
        noControl: () => (noControl ??= withoutControl(runtime, model, vocabulary)),
        vocabulary,
        model,
        context,
        embeddings: () => (embeddings ??= model.createEmbeddingContext({ contextSize: contextLength })),
        wrapper: chatWrapper(runtime, model, header.metadata["tokenizer.chat_template"]),
        slots: new Slots(sequences, maxWaiting, `local/${name}`),
        contextLength: Math.min(contextLength, context.contextSize),
        parameters: header.parameters,
        loadMs: Math.round(performance.now() - started),
        promptTokens: 0,
        completionTokens: 0,
        async free() {
          await (await embeddings?.catch(() => undefined))?.dispose();
          await context.dispose();
          await weights.release();
        },
      };
    } catch (error) {
      await weights.release();
      throw error;
    }
  });
}

/** A part of an answer as it becomes certain. */
export interface Piece {
  text: string;
  /** Of the tokens since the last piece, where they were asked for. */
  logprobs: TokenLogprob[];
}

/**
 * Answers a request: yields it as it becomes certain, returns how it ended. Waits for a slot first and always gives it back.
 * @throws {FlywheelError} `invalid_request` for a grammar that is none, `context_length_exceeded`, `overloaded`; the
 * signal's reason once it is aborted
 */
export async function* generate(
  loaded: LoadedModel,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<Piece, Ending> {
  const prompt = fittingPrompt(loaded, request);
  const used = prompt.tokens.length;
  const grammar = await grammarOf(loaded, request);
  // With a shifting context the library lets go of the oldest tokens when it is full, and the answer goes on.
  const room = request.contextShift ? Infinity : loaded.contextLength - used;
  const limit = Math.min(request.maxTokens ?? (request.contextShift ? loaded.contextLength : Infinity), room);
  const sequence = await loaded.slots.take(signal);
  try {
    const scores =
      request.promptLogprobs === undefined
        ? undefined
        : await readScored(loaded.model, sequence, prompt.tokens, request.promptLogprobs, signal);
    const last = scores ? prompt.tokens.slice(-1) : await readAhead(sequence, prompt.tokens, signal);
    loaded.promptTokens += used;
    const ending = yield* answer(loaded, sequence, last, { prompt, request, grammar, limit, signal });
    return { ...ending, ...(scores && { promptLogprobs: scores }) };
  } catch (error) {
    if (!grammar || !isNoToken(error)) throw error;
    throw badGrammar(request, new Error("it leaves nothing that this model could say next"));
  } finally {
    await sequence.clearHistory();
    loaded.slots.give(sequence);
  }
}

/**
 * The messages as the model reads them. Where they are too long and the client allows it, the oldest turns are left out,
 * but neither what the system says nor the last message.
 * @throws {FlywheelError} `context_length_exceeded`
 */
function fittingPrompt(loaded: LoadedModel, request: ChatRequest): Prompt {
  let messages = instructed(request);
  for (;;) {
    const prompt = renderPrompt(loaded.model, loaded.wrapper, messages);
    const used = prompt.tokens.length;
    if (used < loaded.contextLength) return prompt;
    const oldest = messages.findIndex(({ role }) => role !== "system");
    if (!request.contextShift || oldest < 0 || oldest === messages.length - 1)
      throw new FlywheelError("context_length_exceeded", { used, limit: loaded.contextLength }, { param: "messages" });
    messages = messages.toSpliced(oldest, 1);
  }
}

/** Parsed apart from generating, so that what is wrong with it is the client's to know. */
async function grammarOf(loaded: LoadedModel, request: ChatRequest): Promise<LlamaGrammar | undefined> {
  const gbnf = constraintOf(request);
  if (gbnf === undefined) return undefined;
  try {
    checkGrammar(gbnf);
    return await loaded.runtime.explain(() => loaded.runtime.llama.createGrammar({ grammar: gbnf }));
  } catch (cause) {
    throw badGrammar(request, cause as Error);
  }
}

function badGrammar({ grammar, schema, schemaParam }: ChatRequest, cause: Error): FlywheelError {
  const param = grammar !== undefined ? "grammar" : schema !== undefined ? schemaParam : "tools";
  const reason = `\`${param}\` cannot be used as a grammar: ${cause.message}.`;
  return new FlywheelError("invalid_request", { reason }, { param, cause });
}

/** The size of equal pieces of at most `most`: llama.cpp takes longer for a small rest than for a full piece. */
const evenly = (count: number, most: number) => Math.ceil(count / Math.ceil(count / most));

/** Evaluates all of a prompt but its last piece, which it returns. */
async function readAhead(sequence: LlamaContextSequence, tokens: Token[], signal: AbortSignal): Promise<Token[]> {
  let at = 0;
  for (let size = PROMPT_PIECE.first; at + size < tokens.length;) {
    const started = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(at, at + size));
    signal.throwIfAborted();
    at += size;
    const fitting = (size * PROMPT_PIECE.milliseconds) / (performance.now() - started);
    size = evenly(tokens.length - at, Math.min(PROMPT_PIECE.most, Math.max(PROMPT_PIECE.least, fitting)));
  }
  return tokens.slice(at);
}

/** What one answer is made with. */
interface Making {
  prompt: Prompt;
  request: ChatRequest;
  grammar: LlamaGrammar | undefined;
  limit: number;
  signal: AbortSignal;
}

async function* answer(
  loaded: LoadedModel,
  sequence: LlamaContextSequence,
  tokens: Token[],
  { prompt, request, grammar, limit, signal }: Making,
): AsyncGenerator<Piece, Ending> {
  const reader = tokenReader(
    (now, before) => loaded.model.detokenize(now as Token[], false, before as Token[]),
    prompt.tokens,
  );
  const stops = stopFilter([...request.stop, ...prompt.stopTexts]);
  const calls = request.tools.length > 0 && request.toolChoice !== "none" ? callFilter() : undefined;
  const ending: Ending = { finishReason: "stop", promptTokens: prompt.tokens.length, completionTokens: 0, calls: [] };
  const said: Token[] = [];
  let logprobs: TokenLogprob[] = [];
  const piece = (text: string): Piece => {
    const made = { text, logprobs };
    logprobs = [];
    return made;
  };
  for await (const step of steps(loaded, sequence, tokens, request, grammar, said)) {
    signal.throwIfAborted();
    if (prompt.stopTokens.has(step.token)) break;
    said.push(step.token);
    if (step.logprob) logprobs.push(step.logprob);
    loaded.completionTokens++;
    ending.completionTokens++;
    const certain = stops.push(reader.push(step.token));
    const text = calls ? calls.push(certain) : certain;
    if (text !== "") yield piece(text);
    if (stops.met) break;
    if (ending.completionTokens === limit) {
      ending.finishReason = "length";
      break;
    }
  }
  let rest = stops.push(reader.end()) + stops.end();
  if (calls) {
    const held = calls.push(rest);
    const { text, calls: found } = calls.end();
    rest = held + text;
    ending.calls = found;
    if (found.length > 0) ending.finishReason = "tool_calls";
  }
  if (rest !== "" || logprobs.length > 0) yield piece(rest);
  return ending;
}

interface Step {
  token: Token;
  logprob?: TokenLogprob;
}

/** Tokens one by one, with their log-probabilities where these are wanted. */
async function* steps(
  loaded: LoadedModel,
  sequence: LlamaContextSequence,
  tokens: Token[],
  request: ChatRequest,
  grammar: LlamaGrammar | undefined,
  said: Token[],
): AsyncGenerator<Step> {
  const { model, runtime } = loaded;
  const options = {
    ...sampling(loaded, request, said),
    ...(grammar && {
      grammarEvaluationState: new runtime.library.LlamaGrammarEvaluationState({ model, grammar }),
      tokenBias: loaded.noControl(),
    }),
  };
  const { topLogprobs } = request;
  if (topLogprobs === undefined) {
    for await (const token of sequence.evaluate(tokens, options)) yield { token };
    return;
  }
  const wanted = { probabilities: true } as const;
  for await (const { token, probabilities } of sequence.evaluateWithMetadata(tokens, wanted, options))
    yield { token, logprob: tokenLogprob(model, token, probabilities, topLogprobs) };
}

/** OpenAI's sampling parameters in node-llama-cpp's terms. `said` grows with the answer: penalties look at it, not at the prompt. */
function sampling(loaded: LoadedModel, request: ChatRequest, said: Token[]): SequenceEvaluateOptions {
  const penalised = request.presencePenalty !== 0 || request.frequencyPenalty !== 0;
  return {
    temperature: request.temperature ?? defaultTemperature(loaded.parameters),
    topP: request.topP ?? 1,
    topK: 0,
    seed: request.seed === undefined ? randomInt(RANDOM_SEED) : foldSeed(request.seed),
    ...(loaded.parameters < SMALL_MODEL.parameters && { dryRepeatPenalty: NO_LOOPS }),
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
