import type { Adapter, Pair } from "./adapter.ts";
import { type Arena, type Block, transpose } from "./arena.ts";
import type { Matrix } from "./weights.ts";

/** A frozen matrix with what the adapter adds to it: y = x W + bias + (x A) · scale B. */
export interface Linear {
  inputs: number;
  outputs: number;
  pair: Pair;
  bias: Float32Array | undefined;
  /** W as [inputs × outputs] for the way there, as [outputs × inputs] for the way back. */
  there: Block;
  back: Block;
  /** A [inputs × rank] and scale · B [rank × outputs], and both turned. */
  a: Block;
  b: Block;
  aTurned: Block;
  bTurned: Block;
  /** x A of the text under way. */
  low: Block;
  lowBack: Block;
  lowTurned: Block;
  inputTurned: Block;
}

/** @param time the longest text */
export function placeLinear(
  arena: Arena,
  { inputs, outputs, values, bias }: Matrix,
  pair: Pair,
  rank: number,
  time: number,
): Linear {
  // prettier-ignore
  const there = arena.block(values.length);
  transpose(values, there.values, outputs, inputs);
  return {
    inputs,
    outputs,
    pair,
    bias,
    there,
    back: arena.block(values.length, values),
    a: arena.block(inputs * rank),
    b: arena.block(rank * outputs),
    aTurned: arena.block(inputs * rank),
    bTurned: arena.block(rank * outputs),
    low: arena.block(time * rank),
    lowBack: arena.block(time * rank),
    lowTurned: arena.block(time * rank),
    inputTurned: arena.block(time * inputs),
  };
}

/** Takes over what the adapter has learned since. */
export function adapt(
  { pair, a, b, aTurned, bTurned, inputs, outputs }: Linear,
  { values, rank, scale }: Adapter,
): void {
  a.values.set(values.subarray(pair.a, pair.a + inputs * rank));
  for (let i = 0; i < rank * outputs; i++) b.values[i] = values[pair.b + i]! * scale;
  transpose(a.values, aTurned.values, inputs, rank);
  transpose(b.values, bTurned.values, rank, outputs);
}

/** y = x W + bias, with the adapter where it is `on`. */
export function forward(
  arena: Arena,
  linear: Linear,
  y: Block,
  x: Block,
  time: number,
  rank: number,
  on: boolean,
): void {
  const { inputs, outputs, bias } = linear;
  arena.multiply(y, x, linear.there, time, outputs, inputs);
  if (bias) for (let t = 0; t < time; t++) for (let i = 0; i < outputs; i++) y.values[t * outputs + i]! += bias[i]!;
  if (!on) return;
  arena.multiply(linear.low, x, linear.a, time, rank, inputs);
  arena.addProduct(y, linear.low, linear.b, time, outputs, rank);
}

/**
 * From the gradient of y to that of x, which is added to `dx`, and of A and B, which is added to `gradient`.
 * @param x what went in
 */
export function backward(
  arena: Arena,
  linear: Linear,
  { dx, dy, x }: { dx: Block; dy: Block; x: Block },
  time: number,
  { rank, scale }: Adapter,
  gradient: Float32Array,
): void {
  const { inputs, outputs, pair } = linear;
  arena.addProduct(dx, dy, linear.back, time, inputs, outputs);
  arena.multiply(linear.lowBack, dy, linear.bTurned, time, rank, outputs);
  arena.addProduct(dx, linear.lowBack, linear.aTurned, time, inputs, rank);
  transpose(x.values, linear.inputTurned.values, time, inputs);
  transpose(linear.low.values, linear.lowTurned.values, time, rank);
  // The turned copies are not needed any more: they take the gradients.
  arena.multiply(linear.aTurned, linear.inputTurned, linear.lowBack, inputs, rank, time);
  arena.multiply(linear.bTurned, linear.lowTurned, dy, rank, outputs, time);
  for (let i = 0; i < inputs * rank; i++) gradient[pair.a + i]! += linear.aTurned.values[i]!;
  for (let i = 0; i < rank * outputs; i++) gradient[pair.b + i]! += linear.bTurned.values[i]! * scale;
  transpose(linear.a.values, linear.aTurned.values, inputs, rank);
  transpose(linear.b.values, linear.bTurned.values, rank, outputs);
}
