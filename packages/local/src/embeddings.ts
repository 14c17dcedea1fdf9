import { FlywheelError } from "@flywheel/protocol";
import type { LlamaEmbeddingContext, Token } from "node-llama-cpp";
import type { LoadedModel } from "./model.ts";

/** A checked `POST /v1/embeddings` body. */
export interface EmbeddingRequest {
  model: string;
  input: (string | number[])[];
  base64: boolean;
}

type Fields = { [key: string]: unknown };

const MOST_INPUTS = 2048;

/** @throws FlywheelError naming the field at fault */
export function readEmbeddingRequest(body: unknown): EmbeddingRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new FlywheelError("invalid_request", { reason: "The request body must be a JSON object." });
  const { model, input, encoding_format, dimensions } = body as Fields;
  if (typeof model !== "string") throw invalid("model", "a string");
  if (encoding_format !== undefined && encoding_format !== "float" && encoding_format !== "base64")
    throw invalid("encoding_format", '"float" or "base64"');
  if (dimensions != null)
    throw new FlywheelError(
      "unsupported_parameter",
      { param: "dimensions", reason: "an embedding is as long as the model is wide" },
      { param: "dimensions" },
    );
  return { model, input: readInput(input), base64: encoding_format === "base64" };
}

function readInput(input: unknown): (string | number[])[] {
  const list = typeof input === "string" || isTokens(input) ? [input] : input;
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_INPUTS)
    throw invalid("input", `a text, or 1 to ${MOST_INPUTS} of them`);
  if (!list.every((each) => (typeof each === "string" && each !== "") || isTokens(each)))
    throw invalid("input", "texts that are not empty, or lists of tokens");
  return list as (string | number[])[];
}

const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => Number.isInteger(each) && each >= 0);

function invalid(param: string, expected: string): FlywheelError {
  return new FlywheelError("invalid_request", { reason: `\`${param}\` must be ${expected}.` }, { param });
}

export interface Embedded {
  vectors: Float32Array[];
  tokens: number;
}

/**
 * One vector of length 1 for each input, as the file says that the model's are pooled; a model that says nothing of it
 * gives the mean over the tokens.
 * @throws FlywheelError `context_length_exceeded`; the signal's reason once it is aborted
 */
export async function embed(loaded: LoadedModel, { input }: EmbeddingRequest, signal: AbortSignal): Promise<Embedded> {
  const context = await loaded.embeddings();
  const vectors: Float32Array[] = [];
  let tokens = 0;
  for (const each of input) {
    signal.throwIfAborted();
    const pieces = tokensOf(loaded, each);
    if (pieces.length > loaded.contextLength)
      throw new FlywheelError(
        "context_length_exceeded",
        { used: pieces.length, limit: loaded.contextLength },
        { param: "input" },
      );
    tokens += pieces.length;
    vectors.push(await vectorOf(context, pieces));
  }
  loaded.promptTokens += tokens;
  return { vectors, tokens };
}

function tokensOf({ model, vocabulary }: LoadedModel, input: string | number[]): Token[] {
  if (typeof input === "string") return model.tokenize(input);
  if (input.some((token) => token >= vocabulary)) throw invalid("input", "tokens of this model");
  return input as Token[];
}

async function vectorOf(context: LlamaEmbeddingContext, tokens: Token[]): Promise<Float32Array> {
  const { vector } = await context.getEmbeddingFor(tokens);
  const values = Float32Array.from(vector);
  const length = Math.hypot(...values);
  return length === 0 ? values : values.map((value) => value / length);
}

/** OpenAI's list of embeddings. */
export function embeddingList(request: EmbeddingRequest, { vectors, tokens }: Embedded): object {
  return {
    object: "list",
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: shown(vector, request.base64) })),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Base64 is of little-endian floats, four bytes each. */
function shown(vector: Float32Array, base64: boolean): string | number[] {
  if (!base64) return Array.from(vector);
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString("base64");
}
