import type { Block } from "./arena.ts";

/** y = x ÷ √(mean x² + ε) · gain, row by row (RMSNorm, Zhang and Sennrich 2019, arXiv:1910.07467). */
export function normalise(y: Block, x: Block, gain: Float32Array, time: number, epsilon: number): void {
  const width = gain.length;
  for (let t = 0; t < time; t++) {
    const row = t * width;
    const factor = 1 / Math.sqrt(meanSquare(x.values, row, width) + epsilon);
    for (let i = 0; i < width; i++) y.values[row + i] = x.values[row + i]! * factor * gain[i]!;
  }
}

/** From the gradient of y to that of x, which is added to `dx`. */
export function normaliseBack(dx: Block, dy: Block, x: Block, gain: Float32Array, time: number, epsilon: number): void {
  const width = gain.length;
  for (let t = 0; t < time; t++) {
    const row = t * width;
    const factor = 1 / Math.sqrt(meanSquare(x.values, row, width) + epsilon);
    let along = 0;
    for (let i = 0; i < width; i++) along += dy.values[row + i]! * gain[i]! * x.values[row + i]!;
    const pull = (along * factor * factor * factor) / width;
    for (let i = 0; i < width; i++)
      dx.values[row + i]! += dy.values[row + i]! * gain[i]! * factor - x.values[row + i]! * pull;
  }
}

function meanSquare(values: Float32Array, from: number, width: number): number {
  let sum = 0;
  for (let i = from; i < from + width; i++) sum += values[i]! * values[i]!;
  return sum / width;
}
