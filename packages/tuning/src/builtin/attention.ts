import { type Arena, type Block, transpose } from "./arena.ts";
import type { Shape } from "./weights.ts";

/** Attention over the text so far, head by head (Vaswani et al. 2017, arXiv:1706.03762), with rotary positions. */
export interface Attention {
  shape: Shape;
  /** Weights of each token before, [heads × time × time]. */
  mix: Block[];
  rotation: Rotation;
  head: Record<"query" | "key" | "value" | "turned" | "out", Block>;
  square: Block;
  squareTurned: Block;
}

/** Cosines and sines, [time × head width ÷ 2]. */
export interface Rotation {
  cosine: Float32Array;
  sine: Float32Array;
}

/** Rotary positions (Su et al. 2021, arXiv:2104.09864). */
export function rotations({ headWidth, ropeBase }: Shape, time: number): Rotation {
  const half = headWidth / 2;
  const angle = (_: unknown, i: number) => Math.floor(i / half) * ropeBase ** (-(i % half) / half);
  const angles = Array.from({ length: time * half }, angle);
  return { cosine: Float32Array.from(angles, Math.cos), sine: Float32Array.from(angles, Math.sin) };
}

export function placeAttention(arena: Arena, shape: Shape, rotation: Rotation, time: number): Attention {
  const head = () => arena.block(time * shape.headWidth);
  return {
    shape,
    rotation,
    mix: Array.from({ length: shape.heads }, () => arena.block(time * time)),
    head: { query: head(), key: head(), value: head(), turned: head(), out: head() },
    square: arena.block(time * time),
    squareTurned: arena.block(time * time),
  };
}

/** Rotates queries or keys in place; `direction` −1 rotates back. */
export function rotate(
  block: Block,
  heads: number,
  { shape, rotation }: Attention,
  time: number,
  direction: 1 | -1,
): void {
  const { headWidth, architecture } = shape;
  const half = headWidth / 2;
  // Halves against each other in Qwen, neighbours in Llama.
  const [step, apart] = architecture === "qwen2" ? [1, half] : [2, 1];
  for (let t = 0; t < time; t++)
    for (let h = 0; h < heads; h++) {
      const base = (t * heads + h) * headWidth;
      for (let i = 0; i < half; i++) {
        const [at, other] = [base + i * step, base + i * step + apart];
        const [x, y] = [block.values[at]!, block.values[other]!];
        const cosine = rotation.cosine[t * half + i]!;
        const sine = rotation.sine[t * half + i]! * direction;
        block.values[at] = x * cosine - y * sine;
        block.values[other] = x * sine + y * cosine;
      }
    }
}

/** What each head hears: `heard` [time × heads · head width]. */
export function attend(
  arena: Arena,
  attention: Attention,
  heard: Block,
  { query, key, value }: Heads,
  time: number,
): void {
  const { shape, head, mix } = attention;
  const { heads, groups, headWidth } = shape;
  for (let h = 0; h < heads; h++) {
    const group = Math.floor((h * groups) / heads);
    takeHead(head.query, query, h, heads, headWidth, time);
    takeHead(head.key, key, group, groups, headWidth, time);
    takeHead(head.value, value, group, groups, headWidth, time);
    transpose(head.key.values, head.turned.values, time, headWidth);
    arena.multiply(mix[h]!, head.query, head.turned, time, time, headWidth);
    softmaxOfPast(mix[h]!.values, time, 1 / Math.sqrt(headWidth));
    arena.multiply(head.out, mix[h]!, head.value, time, headWidth, time);
    putHead(heard, head.out, h, heads, headWidth, time, false);
  }
}

export interface Heads {
  query: Block;
  key: Block;
  value: Block;
}

/** From the gradient of what was heard to those of queries, keys and values, which are set. */
export function attendBack(
  arena: Arena,
  attention: Attention,
  dHeard: Block,
  of: Heads,
  into: Heads,
  time: number,
): void {
  const { shape, head, mix, square, squareTurned } = attention;
  const { heads, groups, headWidth } = shape;
  into.key.values.fill(0, 0, time * groups * headWidth);
  into.value.values.fill(0, 0, time * groups * headWidth);
  for (let h = 0; h < heads; h++) {
    const group = Math.floor((h * groups) / heads);
    takeHead(head.out, dHeard, h, heads, headWidth, time);
    takeHead(head.value, of.value, group, groups, headWidth, time);
    transpose(head.value.values, head.turned.values, time, headWidth);
    arena.multiply(square, head.out, head.turned, time, time, headWidth);
    transpose(mix[h]!.values, squareTurned.values, time, time);
    arena.multiply(head.value, squareTurned, head.out, time, headWidth, time);
    putHead(into.value, head.value, group, groups, headWidth, time, true);
    softmaxBack(square.values, mix[h]!.values, time, 1 / Math.sqrt(headWidth));
    takeHead(head.key, of.key, group, groups, headWidth, time);
    arena.multiply(head.query, square, head.key, time, headWidth, time);
    putHead(into.query, head.query, h, heads, headWidth, time, false);
    transpose(square.values, squareTurned.values, time, time);
    takeHead(head.query, of.query, h, heads, headWidth, time);
    arena.multiply(head.key, squareTurned, head.query, time, headWidth, time);
    putHead(into.key, head.key, group, groups, headWidth, time, true);
  }
}

function takeHead(into: Block, from: Block, h: number, heads: number, width: number, time: number): void {
  for (let t = 0; t < time; t++) {
    const at = (t * heads + h) * width;
    into.values.set(from.values.subarray(at, at + width), t * width);
  }
}

function putHead(into: Block, from: Block, h: number, heads: number, width: number, time: number, add: boolean): void {
  for (let t = 0; t < time; t++)
    for (let i = 0; i < width; i++) {
      const at = (t * heads + h) * width + i;
      into.values[at] = from.values[t * width + i]! + (add ? into.values[at]! : 0);
    }
}

/** In place; a token hears itself and those before it. */
function softmaxOfPast(scores: Float32Array, time: number, scale: number): void {
  for (let t = 0; t < time; t++) {
    const row = t * time;
    let most = Number.NEGATIVE_INFINITY;
    for (let s = 0; s <= t; s++) most = Math.max(most, scores[row + s]!);
    let sum = 0;
    for (let s = 0; s <= t; s++) sum += scores[row + s] = Math.exp((scores[row + s]! - most) * scale);
    for (let s = 0; s <= t; s++) scores[row + s]! /= sum;
    scores.fill(0, row + t + 1, row + time);
  }
}

/** In place: from the gradient of the mix to that of the scores. */
function softmaxBack(gradient: Float32Array, mix: Float32Array, time: number, scale: number): void {
  for (let t = 0; t < time; t++) {
    const row = t * time;
    let along = 0;
    for (let s = 0; s <= t; s++) along += gradient[row + s]! * mix[row + s]!;
    for (let s = 0; s <= t; s++) gradient[row + s] = mix[row + s]! * (gradient[row + s]! - along) * scale;
    gradient.fill(0, row + t + 1, row + time);
  }
}
