import { createKernel, type Kernel } from "./matmul.ts";

/** Floats in the kernel's memory, row after row. */
export interface Block {
  /** Byte address. */
  at: number;
  values: Float32Array;
}

/** The kernel's vectors hold so many rows or columns at once: every size here is a multiple. */
export const LANES = 8;
export const upTo = (size: number, step: number): number => Math.ceil(size / step) * step;

/** Address space, not memory: pages count once they are written to. */
const BYTES = 1 << 30;
const ALIGNMENT = 64;

/** The memory that a network computes in. Blocks are never given back: it lives as long as the network. */
export class Arena {
  #kernel: Kernel = createKernel(BYTES);
  #free = ALIGNMENT;

  block(length: number, values?: Float32Array): Block {
    const at = upTo(this.#free, ALIGNMENT);
    this.#free = at + length * 4;
    if (this.#free > BYTES)
      throw new Error("the model and its longest text do not fit into the built-in trainer's memory");
    const block = { at, values: new Float32Array(this.#kernel.memory.buffer, at, length) };
    if (values) block.values.set(values);
    return block;
  }

  /** C [m × n] = A [m × k] · B [k × n]. */
  multiply(c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
    this.#kernel.matmul(c.at, a.at, b.at, m, n, k, 0);
  }

  /** C += A · B. */
  addProduct(c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
    this.#kernel.matmul(c.at, a.at, b.at, m, n, k, 1);
  }
}

/** [rows × columns] as [columns × rows]. */
export function transpose(from: Float32Array, into: Float32Array, rows: number, columns: number): void {
  for (let r = 0; r < rows; r++) {
    const row = r * columns;
    for (let c = 0; c < columns; c++) into[c * rows + r] = from[row + c]!;
  }
}
