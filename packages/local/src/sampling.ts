import type { LlamaContext, LlamaModel, Token, TokenBias } from "node-llama-cpp";
import type { Runtime } from "./runtime.ts";

interface Native {
  sampleToken(...asked: unknown[]): Promise<unknown>;
}

const NO_TOKEN = -1;

/**
 * Makes a failure to choose a token an error of the one request that meets it. The library leaves it unhandled: the process
 * would end, and whoever shares the model would wait for ever. It happens where a grammar leaves no token to choose.
 */
export function containSampling(context: LlamaContext): void {
  const native = (context as unknown as { _ctx: Native })._ctx;
  const sample = native.sampleToken.bind(native);
  // Asked for probabilities it answers with a list.
  const value: Native["sampleToken"] = (...asked) =>
    sample(...asked).catch(() => (asked.length > 2 ? [NO_TOKEN] : NO_TOKEN));
  Object.defineProperty(native, "sampleToken", { value }); // the inherited one is read-only
}

/** Whether the library says that there was no token to choose. */
export function isNoToken(error: unknown): boolean {
  return error instanceof Error && error.message === "Failed to sample next token";
}

/** To a grammar a control token is its name, in the answer it is nothing: what was `"<s>"` would become `""`. */
export function withoutControl({ library }: Runtime, model: LlamaModel, vocabulary: number): TokenBias {
  const all = Array.from({ length: vocabulary }, (_, id) => id as Token);
  const control = all.filter((token) => model.isSpecialToken(token) && !model.isEogToken(token));
  return library.TokenBias.for(model).set(control, "never");
}
