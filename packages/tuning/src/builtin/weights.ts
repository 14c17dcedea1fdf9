import { open } from "node:fs/promises";
import { type GgufMetadata, type GgufTensor, readGguf } from "@flywheel/local";

/** Sizes of a decoder of the Llama family: RMSNorm, rotary positions, grouped attention, SwiGLU. */
export interface Shape {
  architecture: "qwen2" | "llama";
  layers: number;
  width: number;
  heads: number;
  /** Key and value heads; `heads` is a multiple. */
  groups: number;
  headWidth: number;
  hidden: number;
  vocabulary: number;
  context: number;
  ropeBase: number;
  epsilon: number;
}

/** The matrices of a layer that an adapter can change, by llama.cpp's names. */
export const MATRICES = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] as const;
export type MatrixName = (typeof MATRICES)[number];

export interface Matrix {
  inputs: number;
  outputs: number;
  /** Row after row, one for each output. */
  values: Float32Array;
  bias: Float32Array | undefined;
}

export interface Layer {
  attentionNorm: Float32Array;
  hiddenNorm: Float32Array;
  matrices: Record<MatrixName, Matrix>;
}

export interface Weights {
  shape: Shape;
  /** [vocabulary × width] */
  embedding: Float32Array;
  /** [vocabulary × width]; the embedding itself, where the file has no other. */
  output: Float32Array;
  norm: Float32Array;
  layers: Layer[];
}

/** Larger ones take too long without a GPU: another trainer is for them. */
export const MOST_PARAMETERS = 12e6;

/**
 * Reads the weights of a GGUF as 32-bit floats (F32, F16 and Q8_0).
 * @throws an Error saying what this trainer cannot train
 */
export async function readWeights(path: string): Promise<Weights> {
  const { metadata, tensors, parameters } = await readGguf(path);
  if (parameters > MOST_PARAMETERS)
    throw new Error(`the model has ${(parameters / 1e6).toFixed(0)} M parameters; the built-in trainer takes up to ${MOST_PARAMETERS / 1e6} M, and \`--trainer python\` larger ones`); // prettier-ignore
  const shape = shapeOf(metadata, tensors);
  const file = await open(path, "r");
  try {
    const read = async (name: string): Promise<Float32Array | undefined> => {
      const tensor = tensors.find((each) => each.name === name);
      if (!tensor) return undefined;
      const count = tensor.shape.reduce((product, size) => product * size, 1);
      const bytes = Buffer.alloc(storedBytes(tensor, count));
      await file.read(bytes, 0, bytes.length, tensor.offset);
      return decoded(bytes, tensor.type, count);
    };
    const need = async (name: string) => (await read(name)) ?? missing(name);
    const embedding = await need("token_embd.weight");
    const layers = Array.from({ length: shape.layers }, async (_, i): Promise<Layer> => {
      const matrices = MATRICES.map(async (name): Promise<[MatrixName, Matrix]> => {
        const [inputs, outputs] = tensors.find((each) => each.name === `blk.${i}.${name}.weight`)?.shape ?? missing(`blk.${i}.${name}.weight`); // prettier-ignore
        const values = await need(`blk.${i}.${name}.weight`);
        return [name, { inputs: inputs!, outputs: outputs!, values, bias: await read(`blk.${i}.${name}.bias`) }];
      });
      return {
        attentionNorm: await need(`blk.${i}.attn_norm.weight`),
        hiddenNorm: await need(`blk.${i}.ffn_norm.weight`),
        matrices: Object.fromEntries(await Promise.all(matrices)) as Layer["matrices"],
      };
    });
    return {
      shape,
      embedding,
      output: (await read("output.weight")) ?? embedding,
      norm: await need("output_norm.weight"),
      layers: await Promise.all(layers),
    };
  } finally {
    await file.close();
  }
}

function missing(name: string): never {
  throw new Error(`the model has no tensor \`${name}\`, so the built-in trainer cannot train it`);
}

function shapeOf(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Shape {
  const architecture = metadata["general.architecture"];
  if (architecture !== "qwen2" && architecture !== "llama")
    throw new Error(
      `the built-in trainer knows the architectures qwen2 and llama, not ${JSON.stringify(architecture)}`,
    );
  const number = (key: string, usual?: number): number => {
    const value = metadata[`${architecture}.${key}`] ?? usual;
    if (typeof value !== "number") throw new Error(`the model does not say its ${key}`);
    return value;
  };
  const [width, heads] = [number("embedding_length"), number("attention.head_count")];
  const shape: Shape = {
    architecture,
    layers: number("block_count"),
    width,
    heads,
    groups: number("attention.head_count_kv", heads),
    headWidth: number("attention.key_length", width / heads),
    hidden: number("feed_forward_length"),
    vocabulary: tensors.find(({ name }) => name === "token_embd.weight")?.shape[1] ?? 0,
    context: number("context_length"),
    ropeBase: number("rope.freq_base", 10_000),
    epsilon: number("attention.layer_norm_rms_epsilon", 1e-5),
  };
  for (const [name, size] of Object.entries({ width, hidden: shape.hidden, "head width": shape.headWidth }))
    if (size % 8 !== 0) throw new Error(`the model's ${name} is ${size}; the built-in trainer needs a multiple of 8`);
  return shape;
}

const [F32, F16, Q8_0] = [0, 1, 8];
const BLOCK = 32;
const BLOCK_BYTES = 34;

function storedBytes({ type, name }: GgufTensor, count: number): number {
  if (type === F32) return count * 4;
  if (type === F16) return count * 2;
  if (type === Q8_0) return (count / BLOCK) * BLOCK_BYTES;
  throw new Error(`the tensor \`${name}\` is stored in a format (${type}) that the built-in trainer does not read; F32, F16 and Q8_0 it does`); // prettier-ignore
}

function decoded(bytes: Buffer, type: number, count: number): Float32Array {
  const values = new Float32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < count; i++) {
    if (type === F32) values[i] = view.getFloat32(i * 4, true);
    else if (type === F16) values[i] = view.getFloat16(i * 2, true);
    else {
      const block = Math.floor(i / BLOCK) * BLOCK_BYTES;
      values[i] = view.getFloat16(block, true) * view.getInt8(block + 2 + (i % BLOCK));
    }
  }
  return values;
}
