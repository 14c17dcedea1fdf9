import type { LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";

/** A token with the natural logarithm of its probability, in OpenAI's words. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[];
  top_logprobs?: TokenLogprob[];
}

/** What stands for minus infinity on the wire, as with OpenAI. */
const LEAST = -9999;

/**
 * A sampled token's log-probability and those of its likeliest rivals, by the distribution it was drawn from: after
 * temperature, penalties and grammar.
 */
export function tokenLogprob(
  model: LlamaModel,
  token: Token,
  probabilities: ReadonlyMap<Token, number>,
  top: number,
): TokenLogprob {
  const rivals = [...probabilities].slice(0, top).map(([rival, probability]) => entry(model, rival, probability));
  return { ...entry(model, token, probabilities.get(token) ?? 0), top_logprobs: rivals };
}

function entry(model: LlamaModel, token: Token, probability: number): TokenLogprob {
  const text = model.detokenize([token], false);
  return { token: text, logprob: logOf(probability), bytes: [...Buffer.from(text)] };
}

const logOf = (probability: number) => (probability > 0 ? Math.log(probability) : LEAST);

/** Of one token of a prompt, in vLLM's words: by token id, the token itself and the likeliest. */
export type PromptLogprob = Record<string, { logprob: number; rank: number; decoded_token: string }> | null;

const PIECE = 128;

/**
 * Reads a prompt up to its last token, which is left for generating, and says how likely the model found each token after
 * those before it. The first has nothing before it: `null`.
 */
export async function readScored(
  model: LlamaModel,
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  top: number,
  signal: AbortSignal,
): Promise<PromptLogprob[]> {
  const scores: PromptLogprob[] = [null];
  const generateNext = { probabilities: true, options: { temperature: 1, topK: 0, topP: 1 } };
  for (let at = 0; at < tokens.length - 1; at += PIECE) {
    signal.throwIfAborted();
    const piece = tokens.slice(at, Math.min(at + PIECE, tokens.length - 1));
    const read = await sequence.controlledEvaluate(piece.map((token) => [token, { generateNext }]));
    for (const [i, output] of read.entries())
      scores.push(scored(model, tokens[at + i + 1]!, output?.next.probabilities ?? new Map(), top));
  }
  return scores;
}

function scored(
  model: LlamaModel,
  token: Token,
  probabilities: ReadonlyMap<Token, number>,
  top: number,
): PromptLogprob {
  const found: NonNullable<PromptLogprob> = {};
  let rank = 0;
  for (const [each, probability] of probabilities) {
    rank++;
    if (rank > top && each !== token) continue;
    found[each] = { logprob: logOf(probability), rank, decoded_token: model.detokenize([each], false) };
    if (rank >= top && found[token]) break;
  }
  found[token] ??= { logprob: LEAST, rank: rank + 1, decoded_token: model.detokenize([token], false) };
  return found;
}
