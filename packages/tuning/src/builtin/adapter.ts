import { MATRICES, type MatrixName, type Shape, type Weights } from "./weights.ts";

/** The two small matrices whose product is added to a large one: y = x W + scale · (x A) B. */
export interface Pair {
  layer: number;
  name: MatrixName;
  inputs: number;
  outputs: number;
  /** Where A [inputs × rank] and B [rank × outputs] begin in the adapter's values. */
  a: number;
  b: number;
}

/** Low-rank changes to every matrix of every layer (LoRA, Hu et al. 2021, arXiv:2106.09685). */
export interface Adapter {
  rank: number;
  /** alpha ÷ rank */
  scale: number;
  pairs: Pair[];
  /** All A and B, one after the other. */
  values: Float32Array;
}

/** Where each pair lies. @param rank a multiple of 8 */
export function adapterLayout({ layers, shape }: Weights, rank: number): { pairs: Pair[]; length: number } {
  const pairs: Pair[] = [];
  let at = 0;
  for (let layer = 0; layer < shape.layers; layer++)
    for (const name of MATRICES) {
      const { inputs, outputs } = layers[layer]!.matrices[name];
      pairs.push({ layer, name, inputs, outputs, a: at, b: at + inputs * rank });
      at += (inputs + outputs) * rank;
    }
  return { pairs, length: at };
}

/** A random, B zero: at first the adapter changes nothing. */
export function freshAdapter(weights: Weights, rank: number, alpha: number, random: () => number): Adapter {
  const { pairs, length } = adapterLayout(weights, rank);
  const values = new Float32Array(length);
  for (const { a, b, inputs } of pairs) {
    const bound = Math.sqrt(3 / inputs);
    for (let i = a; i < b; i++) values[i] = (random() * 2 - 1) * bound;
  }
  return { rank, scale: alpha / rank, pairs, values };
}

/**
 * The adapter as a GGUF that llama.cpp loads beside the model.
 * Format: https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py
 */
export function adapterFile({ rank, scale, pairs, values }: Adapter, { architecture }: Shape): Buffer {
  const tensors = pairs.flatMap(({ layer, name, inputs, outputs, a, b }) => [
    { name: `blk.${layer}.${name}.weight.lora_a`, shape: [inputs, rank], data: transposed(values, a, inputs, rank) },
    { name: `blk.${layer}.${name}.weight.lora_b`, shape: [rank, outputs], data: transposed(values, b, rank, outputs) },
  ]);
  const entries = [
    [text("general.architecture"), STRING, text(architecture)],
    [text("general.type"), STRING, text("adapter")],
    [text("adapter.type"), STRING, text("lora")],
    [text("adapter.lora.alpha"), FLOAT, float(scale * rank)],
  ];
  let offset = 0;
  const heads = tensors.map(({ name, shape, data }) => {
    const head = Buffer.concat([text(name), u32(2), ...shape.map(u64), u32(0), u64(offset)]);
    offset += padded(data).length;
    return head;
  });
  const header = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(entries.length), ...entries.flat(), ...heads]); // prettier-ignore
  return Buffer.concat([padded(header), ...tensors.map(({ data }) => padded(data))]);
}

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const float = (value: number) => Buffer.from(Float32Array.of(value).buffer);
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const [FLOAT, STRING] = [u32(6), u32(8)];
const ALIGNMENT = 32;
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]); // prettier-ignore

/** [rows × columns] from `at` on, as bytes of [columns × rows]. */
function transposed(values: Float32Array, at: number, rows: number, columns: number): Buffer {
  const turned = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = values[at + r * columns + c]!;
  return Buffer.from(turned.buffer);
}
