import { writeFileSync } from "node:fs";

/** What a test may want to be different. Sizes are small on purpose: the model answers nonsense, quickly. */
export interface TinyModel {
  contextLength?: number;
  layers?: number;
  width?: number;
  seed?: number;
  architecture?: string;
  /** Overrides metadata by key; `undefined` leaves the key out. */
  metadata?: Record<string, Value | undefined>;
}

type Value =
  | { u32: number }
  | { f32: number }
  | { bool: boolean }
  | { text: string }
  | { texts: string[] }
  | { f32s: number[] }
  | { i32s: number[] };

const CHAT_TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const CONTROL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"];
const CHARACTERS = Array.from(
  "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'\"-+*/=()[]{}<>|_#&%€äöü中文",
);
const MERGES = ["▁t", "he", "▁the", "in", "er", "an", "on", "ing", "us", "user", "as", "is", "st", "em", "sys"];

/** A llama-architecture GGUF with random weights, ChatML and an SPM tokenizer with byte fallback, written to `path`. */
export function writeTinyModel(path: string, model: TinyModel = {}): void {
  writeFileSync(path, tinyModel(model));
}

export function tinyModel({
  contextLength = 512,
  layers = 2,
  width = 32,
  seed = 1,
  architecture = "llama",
  metadata = {},
}: TinyModel = {}): Buffer {
  const heads = 4;
  const feedForward = width * 2;
  const vocabulary = tinyVocabulary();
  const entries: Record<string, Value | undefined> = {
    "general.architecture": { text: architecture },
    "general.name": { text: "tiny" },
    [`${architecture}.context_length`]: { u32: contextLength },
    [`${architecture}.embedding_length`]: { u32: width },
    [`${architecture}.block_count`]: { u32: layers },
    [`${architecture}.feed_forward_length`]: { u32: feedForward },
    [`${architecture}.attention.head_count`]: { u32: heads },
    [`${architecture}.attention.head_count_kv`]: { u32: heads },
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { f32: 1e-5 },
    [`${architecture}.rope.dimension_count`]: { u32: width / heads },
    [`${architecture}.rope.freq_base`]: { f32: 10_000 },
    [`${architecture}.vocab_size`]: { u32: vocabulary.length },
    "tokenizer.ggml.model": { text: "llama" },
    "tokenizer.ggml.pre": { text: "default" },
    "tokenizer.ggml.tokens": { texts: vocabulary.map((piece) => piece.text) },
    "tokenizer.ggml.scores": { f32s: vocabulary.map((_, index) => -index) },
    "tokenizer.ggml.token_type": { i32s: vocabulary.map((piece) => piece.type) },
    "tokenizer.ggml.bos_token_id": { u32: 1 },
    "tokenizer.ggml.eos_token_id": { u32: 2 },
    "tokenizer.ggml.eot_token_id": { u32: 4 },
    "tokenizer.ggml.unknown_token_id": { u32: 0 },
    "tokenizer.ggml.add_bos_token": { bool: true },
    "tokenizer.ggml.add_space_prefix": { bool: false },
    "tokenizer.chat_template": { text: CHAT_TEMPLATE },
    ...metadata,
  };
  const random = gaussians(seed);
  const matrix = (rows: number, columns: number) =>
    Float32Array.from({ length: rows * columns }, () => random() / Math.sqrt(columns));
  const ones = () => new Float32Array(width).fill(1);
  const tensors: [name: string, shape: number[], data: Float32Array][] = [
    [
      "token_embd.weight",
      [width, vocabulary.length],
      matrix(vocabulary.length, width).map((x) => x * Math.sqrt(width)),
    ],
    ["output_norm.weight", [width], ones()],
    ["output.weight", [width, vocabulary.length], outputMatrix(vocabulary, width, matrix)],
  ];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string) => `blk.${layer}.${part}.weight`;
    tensors.push([name("attn_norm"), [width], ones()], [name("ffn_norm"), [width], ones()]);
    for (const part of ["attn_q", "attn_k", "attn_v", "attn_output"])
      tensors.push([name(part), [width, width], matrix(width, width)]);
    for (const part of ["ffn_gate", "ffn_up"])
      tensors.push([name(part), [width, feedForward], matrix(feedForward, width)]);
    tensors.push([name("ffn_down"), [feedForward, width], matrix(width, feedForward)]);
  }
  return encode(entries, tensors);
}

/** A random LoRA adapter for {@link writeTinyModel}'s model of the same size, written to `path`. */
export function writeTinyAdapter(
  path: string,
  {
    width = 32,
    rank = 4,
    seed = 9,
    architecture = "llama",
  }: { width?: number; rank?: number; seed?: number; architecture?: string } = {},
): void {
  const random = gaussians(seed);
  const filled = (length: number) => Float32Array.from({ length }, () => random());
  const entries: Record<string, Value> = {
    "general.architecture": { text: architecture },
    "general.type": { text: "adapter" },
    "adapter.type": { text: "lora" },
    "adapter.lora.alpha": { f32: 8 },
  };
  writeFileSync(
    path,
    encode(entries, [
      ["blk.0.attn_q.weight.lora_a", [width, rank], filled(width * rank)],
      ["blk.0.attn_q.weight.lora_b", [rank, width], filled(width * rank)],
      ["blk.1.ffn_down.weight.lora_a", [width * 2, rank], filled(width * 2 * rank)],
      ["blk.1.ffn_down.weight.lora_b", [rank, width], filled(width * rank)],
    ]),
  );
}

type Piece = { text: string; type: number };

function tinyVocabulary(): Piece[] {
  return [
    { text: "<unk>", type: 2 },
    ...CONTROL.map((text) => ({ text, type: 3 })),
    ...Array.from({ length: 256 }, (_, byte) => ({
      text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
      type: 6,
    })),
    ...[...CHARACTERS, ...MERGES].map((text) => ({ text, type: 1 })),
  ];
}

/** Only printable pieces get a chance to be sampled, so that an answer is text and ends where the test says. */
function outputMatrix(
  vocabulary: Piece[],
  width: number,
  matrix: (rows: number, columns: number) => Float32Array,
): Float32Array {
  const weights = matrix(vocabulary.length, width).map((x) => x * 4);
  vocabulary.forEach((piece, row) => {
    if (piece.type !== 1) weights.fill(0, row * width, (row + 1) * width);
  });
  return weights;
}

/** Normally distributed numbers (Box–Muller over mulberry32), the same for the same seed. */
function gaussians(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

function encode(entries: Record<string, Value | undefined>, tensors: [string, number[], Float32Array][]): Buffer {
  const kept = Object.entries(entries).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  const parts = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(kept.length)];
  for (const [key, value] of kept) parts.push(text(key), encodeValue(value));
  let offset = 0;
  for (const [name, shape, data] of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
    offset += padded(data.byteLength);
  }
  const header = Buffer.concat(parts);
  const body = tensors.map(([, , data]) => pad(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  return Buffer.concat([pad(header), ...body]);
}

function encodeValue(value: Value): Buffer {
  if ("u32" in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ("f32" in value) return Buffer.concat([u32(6), Buffer.from(Float32Array.of(value.f32).buffer)]);
  if ("bool" in value) return Buffer.concat([u32(7), Buffer.of(value.bool ? 1 : 0)]);
  if ("text" in value) return Buffer.concat([u32(8), text(value.text)]);
  if ("texts" in value) return Buffer.concat([u32(9), u32(8), u64(value.texts.length), ...value.texts.map(text)]);
  if ("f32s" in value)
    return Buffer.concat([u32(9), u32(6), u64(value.f32s.length), Buffer.from(Float32Array.from(value.f32s).buffer)]);
  return Buffer.concat([u32(9), u32(5), u64(value.i32s.length), Buffer.from(Int32Array.from(value.i32s).buffer)]);
}

function u32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function u64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

const padded = (length: number) => Math.ceil(length / 32) * 32;
const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
