import type { Token, TokenBias } from "node-llama-cpp";
import { checkGrammar } from "../src/gbnf.ts";
import { type GgufArray, readGguf } from "../src/gguf.ts";
import { openRuntime } from "../src/runtime.ts";
import { containSampling } from "../src/sampling.ts";

export interface Sample {
  text: string;
  /** Whether the grammar came to its end; otherwise the limit cut the text off. */
  finished: boolean;
  tokens: number;
  ms: number;
}

export interface SampleOptions {
  /** In GBNF; without one, the model says what it likes. */
  grammar?: string;
  seed: number;
  maxTokens: number;
  /** After so many tokens whatever closes something is preferred, and opening something comes last. */
  closeAfter: number;
}

/** A model that says whatever a grammar allows it to, sampled by llama.cpp itself. */
export interface ConstrainedSampler {
  /** @throws Error where llama.cpp does not take the grammar, or it leaves nothing to say */
  sample(options: SampleOptions): Promise<Sample>;
  free(): Promise<void>;
}

/** So hot that what the model has learnt hardly matters: any token that the grammar allows will come up. */
const TEMPERATURE = 3;

export async function openConstrainedSampler(path: string, contextSize = 2048): Promise<ConstrainedSampler> {
  const { llama, library } = await openRuntime(1);
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({ sequences: 1, contextSize });
  containSampling(context);
  const sequence = context.getSequence();
  const { values } = (await readGguf(path)).metadata["tokenizer.ggml.tokens"] as GgufArray;
  const pieces = values.map((piece, id) => ({
    bytes: bytesOf(String(piece)),
    ends: model.isEogToken(id as Token),
    special: model.isSpecialToken(id as Token),
  }));

  /** `set` goes by texts, of which single bytes have none. */
  function biasOf(logit: (first: number) => number): TokenBias {
    const bias = library.TokenBias.for(model);
    const { _biases } = bias as unknown as { _biases: Map<Token, number> };
    for (const [id, { bytes, ends, special }] of pieces.entries()) {
      // To a grammar a control token is its name, in the text it is nothing.
      const added = ends ? 0 : special ? -Infinity : logit(bytes[0] ?? 0);
      if (added !== 0) _biases.set(id as Token, added);
    }
    return bias;
  }

  const biases = new Map<string, TokenBias>();
  function biasFor(reader: TextReader, closing: boolean): TokenBias {
    const next = reader.next;
    const key = `${closing} ${reader.inText} ${next?.join()}`;
    let bias = biases.get(key);
    if (!bias) {
      const { inText } = reader;
      bias = biasOf((first) => (!fits(first, next) ? -Infinity : closing ? preference(first, inText) : 0));
      biases.set(key, bias);
    }
    return bias;
  }

  return {
    async sample({ grammar, seed, maxTokens, closeAfter }) {
      if (grammar !== undefined) checkGrammar(grammar);
      const grammarEvaluationState =
        grammar === undefined
          ? undefined
          : new library.LlamaGrammarEvaluationState({ model, grammar: await llama.createGrammar({ grammar }) });
      const said: Token[] = [];
      const reader = new TextReader();
      const began = performance.now();
      try {
        const tokens = sequence.evaluate([model.tokens.bos ?? model.tokenize(" ")[0]!], {
          temperature: TEMPERATURE,
          topK: 0,
          topP: 1,
          minP: 0,
          seed,
          tokenBias: () => biasFor(reader, said.length >= closeAfter),
          ...(grammarEvaluationState && { grammarEvaluationState }),
        });
        for await (const token of tokens) {
          reader.push(pieces[token]!.bytes);
          if (said.push(token) >= maxTokens) break;
        }
      } finally {
        await sequence.clearHistory();
      }
      const ms = performance.now() - began;
      return { text: model.detokenize(said), finished: said.length < maxTokens, tokens: said.length, ms };
    },
    async free() {
      await context.dispose();
      await model.dispose();
    },
  };
}

/** A piece of an SPM vocabulary: a single byte is `<0x0A>`, a space `▁`. */
function bytesOf(piece: string): Buffer {
  const byte = /^<0x([\dA-F]{2})>$/.exec(piece);
  return byte ? Buffer.of(Number.parseInt(byte[1]!, 16)) : Buffer.from(piece.replaceAll("▁", " "));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Within a text its quote first; outside it brackets that close, and those that open last. */
function preference(first: number, inText: boolean): number {
  if (inText) return first === QUOTE ? 0 : -60;
  if (first === 0x7d || first === 0x5d) return 0;
  return first === 0x7b || first === 0x5b ? -120 : -60;
}

/** What may come next for the bytes to be UTF-8, as a range of bytes; undefined between characters. */
type Next = readonly [number, number] | undefined;

const fits = (byte: number, next: Next): boolean =>
  next ? next[0] <= byte && byte <= next[1] : byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);

/**
 * Follows JSON as it is written. llama.cpp takes a character's overlong form, and halves of surrogate pairs, for the
 * character itself, which no decoder does and no trained model writes: {@link next} keeps to real UTF-8 (RFC 3629 §4).
 */
class TextReader {
  inText = false;
  next: Next;
  #escaped = false;
  #left = 0;

  push(bytes: Buffer): void {
    for (const byte of bytes) {
      if (this.#left === 0) this.#begin(byte);
      else this.next = --this.#left > 0 ? [0x80, 0xbf] : undefined;
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = this.inText;
      else if (byte === QUOTE) this.inText = !this.inText;
    }
  }

  #begin(byte: number): void {
    this.#left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    this.next = this.#left > 0 ? (SECOND[byte] ?? [0x80, 0xbf]) : undefined;
  }
}

/** Where the first byte narrows what the second may be. */
const SECOND: Readonly<Partial<Record<number, readonly [number, number]>>> = {
  0xe0: [0xa0, 0xbf],
  0xed: [0x80, 0x9f],
  0xf0: [0x90, 0xbf],
  0xf4: [0x80, 0x8f],
};
