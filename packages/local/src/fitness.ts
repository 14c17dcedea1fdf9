import { GgufError, type GgufHeader, type GgufValue } from "./gguf.ts";

/** Beyond this, a model gets as much context only when the project asks for it: a context is allocated whole. */
const DEFAULT_CONTEXT = 4096;
const LIMITS = { layers: 4096, width: 2 ** 20, contextLength: 2 ** 27 };

/**
 * Finds out before llama.cpp does what is wrong with a file: it may end the process over contradictions in a header.
 * Returns the length of the context to serve it with, in tokens.
 * @param wanted the project's `context_length`
 * @throws {GgufError} saying what is wrong
 */
export function checkFitness(header: GgufHeader, wanted?: number): number {
  const architecture = header.metadata["general.architecture"];
  if (typeof architecture !== "string") throw new GgufError("it names no architecture");
  const type = header.metadata["general.type"];
  if (type !== undefined && type !== "model")
    throw new GgufError(`it is not a model but of the type ${describe(type)}`);
  const number = (key: string, limit: number) => positive(header, `${architecture}.${key}`, limit);
  const trained = number("context_length", LIMITS.contextLength);
  const width = number("embedding_length", LIMITS.width);
  number("block_count", LIMITS.layers);
  checkHeads(header, architecture, width);
  checkVocabulary(header, width);
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 8))
    throw new GgufError(`a context_length of ${wanted} is not usable`);
  if (wanted !== undefined && wanted > trained) {
    throw new GgufError(`a context_length of ${wanted} is more than the ${trained} tokens it was trained for`);
  }
  return wanted ?? Math.min(trained, DEFAULT_CONTEXT);
}

function positive(header: GgufHeader, key: string, limit: number): number {
  const value = header.metadata[key];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > limit) {
    throw new GgufError(`its ${key} is ${value === undefined ? "missing" : describe(value)}`);
  }
  return value;
}

/** Head counts may be one number or one per layer; only the former can be checked without knowing the architecture. */
function checkHeads(header: GgufHeader, architecture: string, width: number): void {
  const heads = header.metadata[`${architecture}.attention.head_count`];
  const shared = header.metadata[`${architecture}.attention.head_count_kv`];
  for (const value of [heads, shared]) {
    if (typeof value === "number" && (!Number.isInteger(value) || value < 0 || value > width))
      throw new GgufError(`its head count is ${value}`);
  }
  if (architecture !== "llama" || typeof heads !== "number") return;
  const headWidth = header.metadata["llama.attention.key_length"];
  if (heads === 0 || (headWidth === undefined && width % heads !== 0))
    throw new GgufError(`${width} dimensions cannot be split over ${heads} heads`);
  if (typeof shared === "number" && (shared === 0 || heads % shared !== 0))
    throw new GgufError(`${heads} heads cannot share ${shared} key heads`);
}

function checkVocabulary(header: GgufHeader, width: number): void {
  const tokens = header.metadata["tokenizer.ggml.tokens"];
  if (typeof tokens !== "object" || tokens.type !== "string" || tokens.values.length === 0)
    throw new GgufError("it has no vocabulary");
  const count = tokens.values.length;
  for (const [key, types] of [
    ["tokenizer.ggml.scores", ["f32"]],
    ["tokenizer.ggml.token_type", ["i32", "u32"]],
  ] as const) {
    const list = header.metadata[key];
    if (list === undefined) continue;
    const fits =
      typeof list === "object" && (types as readonly string[]).includes(list.type) && list.values.length === count;
    if (!fits) throw new GgufError(`its ${key} do not match its ${count} tokens`);
  }
  for (const [key, value] of Object.entries(header.metadata)) {
    if (/^tokenizer\.ggml\.\w+_token_id$/.test(key) && !(typeof value === "number" && value < count)) {
      throw new GgufError(`its ${key} is not one of its ${count} tokens`);
    }
  }
  const embedding = header.tensors.find((tensor) => tensor.name === "token_embd.weight");
  const split = header.metadata["split.count"];
  if (!embedding && !(typeof split === "number" && split > 1))
    throw new GgufError("its tensor token_embd.weight is missing");
  if (embedding && (embedding.shape[0] !== width || embedding.shape[1] !== count)) {
    throw new GgufError(`its embedding is ${embedding.shape.join("×")}, not ${width}×${count}`);
  }
}

function describe(value: GgufValue): string {
  return typeof value === "object" ? "a list" : String(value);
}
