import { GgufError, type GgufHeader, type GgufScalarType, type GgufValue } from "./gguf.ts";

/** Beyond this, a model gets as much context only when the project asks for it: a context is allocated whole. */
const DEFAULT_CONTEXT = 4096;
const LIMITS = { layers: 4096, width: 2 ** 20, contextLength: 2 ** 27 };

/** Those whose layers all have attention heads and a feed-forward part of one size. */
const PLAIN_ARCHITECTURES = new Set([
  "llama",
  "qwen2",
  "qwen3",
  "gemma",
  "gemma2",
  "gemma3",
  "phi3",
  "starcoder2",
  "stablelm",
]);
/** ggml's number for a token that stands for one byte. */
const BYTE_TOKEN = 6;

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
  checkAttention(header, architecture, width);
  checkEpsilons(header);
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

/** Head counts may be one number or one per layer; more can be said only of the architectures we know to be plain. */
function checkAttention(header: GgufHeader, architecture: string, width: number): void {
  const heads = header.metadata[`${architecture}.attention.head_count`];
  const shared = header.metadata[`${architecture}.attention.head_count_kv`];
  for (const value of [heads, shared]) {
    if (typeof value === "number" && !(value >= 0 && value <= width)) throw new GgufError(`its head count is ${value}`);
  }
  if (!PLAIN_ARCHITECTURES.has(architecture)) return;
  positive(header, `${architecture}.feed_forward_length`, LIMITS.width);
  const count = positive(header, `${architecture}.attention.head_count`, width);
  if (width % count !== 0 && header.metadata[`${architecture}.attention.key_length`] === undefined) {
    throw new GgufError(`${width} dimensions cannot be split over ${count} heads`);
  }
  if (shared === undefined) return;
  const sharers = positive(header, `${architecture}.attention.head_count_kv`, width);
  if (count % sharers !== 0) throw new GgufError(`${count} heads cannot share ${sharers} key heads`);
}

function checkEpsilons(header: GgufHeader): void {
  for (const [key, value] of Object.entries(header.metadata)) {
    const fits = !key.endsWith("_epsilon") || (typeof value === "number" && value >= 0 && value < 1);
    if (!fits) throw new GgufError(`its ${key} is ${describe(value)}`);
  }
}

function checkVocabulary(header: GgufHeader, width: number): void {
  const tokens = header.metadata["tokenizer.ggml.tokens"];
  if (typeof tokens !== "object" || tokens.type !== "string" || tokens.values.length === 0) {
    throw new GgufError("it has no vocabulary");
  }
  const texts = tokens.values as readonly string[];
  checkTokenTexts(texts, header.metadata["tokenizer.ggml.model"] === "llama");
  checkTokenLists(header, texts);
  const embedding = header.tensors.find((tensor) => tensor.name === "token_embd.weight");
  const split = header.metadata["split.count"];
  if (!embedding && !(typeof split === "number" && split > 1))
    throw new GgufError("its tensor token_embd.weight is missing");
  if (embedding && (embedding.shape[0] !== width || embedding.shape[1] !== texts.length)) {
    throw new GgufError(`its embedding is ${embedding.shape.join("×")}, not ${width}×${texts.length}`);
  }
}

/** llama.cpp ends the process over a text that occurs twice, and over a byte that a SentencePiece vocabulary cannot spell. */
function checkTokenTexts(texts: readonly string[], sentencePiece: boolean): void {
  const seen = new Set<string>();
  for (const text of texts) {
    if (seen.has(text) && text !== "" && !text.includes("\uFFFD"))
      throw new GgufError(`its token ${JSON.stringify(text)} occurs twice`);
    seen.add(text);
  }
  if (!sentencePiece) return;
  for (let byte = 0; byte < 256; byte++) {
    const spelled = seen.has(byteToken(byte)) || (byte < 0x80 && seen.has(String.fromCharCode(byte)));
    if (!spelled) throw new GgufError(`its vocabulary has no token for the byte ${byteToken(byte)}`);
  }
}

function checkTokenLists(header: GgufHeader, texts: readonly string[]): void {
  const listed = (key: string, types: GgufScalarType[]) => {
    const list = header.metadata[`tokenizer.ggml.${key}`];
    if (list === undefined) return [];
    const fits = typeof list === "object" && types.includes(list.type) && list.values.length === texts.length;
    if (!fits) throw new GgufError(`its ${key} do not match its ${texts.length} tokens`);
    return list.values;
  };
  listed("scores", ["f32"]);
  listed("token_type", ["i32", "u32"]).forEach((type, index) => {
    const text = texts[index]!;
    if (type === BYTE_TOKEN && !/^<0x[0-9A-F]{2}>$/.test(text))
      throw new GgufError(`its byte token ${JSON.stringify(text)} names no byte`);
  });
  for (const [key, value] of Object.entries(header.metadata)) {
    if (/^tokenizer\.ggml\.\w+_token_id$/.test(key) && !(typeof value === "number" && value < texts.length)) {
      throw new GgufError(`its ${key} is not one of its ${texts.length} tokens`);
    }
  }
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

function describe(value: GgufValue): string {
  return typeof value === "object" ? "a list" : String(value);
}

/**
 * Whether an adapter can be laid over a model: llama.cpp ends the process over some that cannot.
 * @throws an Error saying why not
 */
export function checkAdapter(adapter: GgufHeader, model: GgufHeader): void {
  const { metadata } = adapter;
  if (metadata["general.type"] !== "adapter" || metadata["adapter.type"] !== "lora")
    throw new Error("the adapter's file is not a LoRA adapter");
  const wanted = model.metadata["general.architecture"];
  if (metadata["general.architecture"] !== wanted)
    throw new Error(
      `the adapter is for ${JSON.stringify(metadata["general.architecture"])}, the model is ${JSON.stringify(wanted)}`,
    );
  const shapes = new Map(model.tensors.map(({ name, shape }) => [name, shape]));
  for (const { name, shape } of adapter.tensors) {
    const [, target, side] = /^(.*)\.lora_([ab])$/.exec(name) ?? [];
    const own = target === undefined ? undefined : shapes.get(target);
    if (!own) throw new Error(`the adapter changes ${name}, which the model does not have`);
    // B·A has the shape of the matrix: A takes its input, B gives its output.
    const fits = side === "a" ? shape[0] === own[0] : shape[1] === own[1];
    if (!fits) throw new Error(`the adapter's ${name} does not fit the model`);
  }
}
