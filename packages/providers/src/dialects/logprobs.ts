import type { TokenLogprob } from "@flywheel/protocol";
import { array, number, object, string } from "./json.ts";
import type { Json } from "./json.ts";

/** Log-probabilities in OpenAI's shape; servers that leave out a part of it get it back empty. */
export function readLogprobs(list: unknown): TokenLogprob[] {
  return array(list).map((value) => ({
    ...readOne(value),
    top_logprobs: array(object(value).top_logprobs).map(readOne),
  }));
}

function readOne(value: unknown): Omit<TokenLogprob, "top_logprobs"> {
  const { token, logprob, bytes } = object(value);
  const known = Array.isArray(bytes) && bytes.every((byte) => Number.isInteger(byte));
  return { token: string(token), logprob: number(logprob) ?? 0, bytes: known ? (bytes as number[]) : null };
}

/** For readers that insist on the bytes of a token, also where its provider gave none. */
export function withBytes(logprobs: readonly TokenLogprob[] = []): Json[] {
  const fill = <T extends { token: string; bytes: number[] | null }>(one: T): T => ({
    ...one,
    bytes: one.bytes ?? [...Buffer.from(one.token)],
  });
  return logprobs.map((one) => ({ ...fill(one), top_logprobs: one.top_logprobs.map(fill) }));
}
