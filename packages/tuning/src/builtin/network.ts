import type { Adapter } from "./adapter.ts";
import { Arena, type Block, LANES, transpose, upTo } from "./arena.ts";
import { attend, attendBack, type Attention, type Heads, placeAttention, rotate, rotations } from "./attention.ts";
import { adapt, backward, forward, type Linear, placeLinear } from "./linear.ts";
import { normalise, normaliseBack } from "./norm.ts";
import { MATRICES, type MatrixName, type Weights } from "./weights.ts";

/** One text to learn from. */
export interface Sequence {
  ids: readonly number[];
  /** Of each token: how much it counts as something that the model should have said; 0 = part of the prompt. */
  weights: readonly number[];
}

/** One layer: its matrices, and what the way back needs to know of the way there. */
interface Layer {
  linear: Record<MatrixName, Linear>;
  attention: Attention;
  attentionNorm: Float32Array;
  hiddenNorm: Float32Array;
  kept: Record<"x" | "normed" | "heard" | "middle" | "normedMiddle" | "gate" | "up" | "acted", Block> & Heads;
}

/**
 * A language model with an adapter, forward and backward in 32-bit floats, one text at a time. Only the adapter learns:
 * gradients pass through the frozen weights and stop there.
 */
export class Network {
  readonly #weights: Weights;
  readonly #adapter: Adapter;
  readonly #arena = new Arena();
  readonly #layers: Layer[];
  readonly #outputThere: Block;
  readonly #outputBack: Block;
  /** Rows of the output matrix, with some that stand for nothing. */
  readonly #vocabulary: number;
  readonly #state: Record<"x" | "dx" | "dMiddle" | "dWide" | "dWide2" | "picked" | "logits", Block> & { heads: Heads };

  /** @param longest tokens of the longest text */
  constructor(weights: Weights, adapter: Adapter, longest: number) {
    this.#weights = weights;
    this.#adapter = adapter;
    const { shape, output } = weights;
    const [time, arena] = [upTo(longest, LANES), this.#arena];
    const rotation = rotations(shape, time);
    this.#layers = weights.layers.map((_, layer) => this.#placeLayer(layer, time, rotation));
    this.#vocabulary = upTo(shape.vocabulary, LANES);
    this.#outputBack = arena.block(this.#vocabulary * shape.width, output);
    this.#outputThere = arena.block(this.#vocabulary * shape.width);
    transpose(this.#outputBack.values, this.#outputThere.values, this.#vocabulary, shape.width);
    const rows = (size: number) => arena.block(time * size);
    const { width, hidden, heads, groups, headWidth } = shape;
    this.#state = {
      x: rows(width),
      dx: rows(width),
      dMiddle: rows(width),
      dWide: rows(hidden),
      dWide2: rows(hidden),
      picked: rows(width),
      logits: rows(this.#vocabulary),
      heads: { query: rows(heads * headWidth), key: rows(groups * headWidth), value: rows(groups * headWidth) },
    };
    this.adapt();
  }

  #placeLayer(layer: number, time: number, rotation: Attention["rotation"]): Layer {
    const { shape, layers } = this.#weights;
    const { matrices, attentionNorm, hiddenNorm } = layers[layer]!;
    const [arena, { pairs, rank }] = [this.#arena, this.#adapter];
    const place = (name: MatrixName): [MatrixName, Linear] => {
      const pair = pairs.find((each) => each.layer === layer && each.name === name)!;
      return [name, placeLinear(arena, matrices[name], pair, rank, time)];
    };
    const rows = (size: number) => arena.block(time * size);
    const { width, hidden, heads, groups, headWidth } = shape;
    return {
      linear: Object.fromEntries(MATRICES.map(place)) as Layer["linear"],
      attention: placeAttention(arena, shape, rotation, time),
      attentionNorm,
      hiddenNorm,
      kept: {
        x: rows(width),
        normed: rows(width),
        query: rows(heads * headWidth),
        key: rows(groups * headWidth),
        value: rows(groups * headWidth),
        heard: rows(heads * headWidth),
        middle: rows(width),
        normedMiddle: rows(width),
        gate: rows(hidden),
        up: rows(hidden),
        acted: rows(hidden),
      },
    };
  }

  /** Takes over what the adapter's values are now. */
  adapt(): void {
    for (const { linear } of this.#layers) for (const name of MATRICES) adapt(linear[name], this.#adapter);
  }

  /** Natural log-probability of each token after those before it; the first has none. @param on with the adapter */
  logprobs({ ids }: Pick<Sequence, "ids">, on = true): number[] {
    this.#forward(ids, on);
    const all = ids.slice(1).map((_, i) => i);
    const found = [Number.NaN];
    this.#eachLogit(all, (logits, at, i) =>
      found.push(logitsAt(logits, at, this.#weights.shape.vocabulary, ids[i + 1]!)),
    );
    return found;
  }

  /**
   * Adds to `gradient` that of Σ weight · −log p(token), and returns the sum.
   * @param gradient as long as the adapter's values
   */
  learn({ ids, weights }: Sequence, gradient: Float32Array): number {
    const time = this.#forward(ids, true);
    const { dx, picked, logits } = this.#state;
    const { width, vocabulary, epsilon } = this.#weights.shape;
    const said = ids.slice(1).flatMap((_, i) => (weights[i + 1] === 0 ? [] : [i]));
    dx.values.fill(0, 0, time * width);
    let loss = 0;
    this.#eachLogit(
      said,
      (values, at, i) => (loss += lossAt(values, at, vocabulary, this.#vocabulary, ids[i + 1]!, weights[i + 1]!)),
      (rows, count) => {
        this.#arena.multiply(picked, logits, this.#outputBack, count, width, this.#vocabulary);
        for (const [r, i] of rows.entries())
          dx.values.set(picked.values.subarray(r * width, (r + 1) * width), i * width);
      },
    );
    const { dMiddle } = this.#state;
    dMiddle.values.set(dx.values.subarray(0, time * width));
    dx.values.fill(0, 0, time * width);
    normaliseBack(dx, dMiddle, this.#state.x, this.#weights.norm, time, epsilon);
    for (const layer of this.#layers.toReversed()) this.#layerBack(layer, time, gradient);
    return loss;
  }

  /** @returns how many rows were computed: the text's tokens, and some that stand for nothing */
  #forward(ids: readonly number[], on: boolean): number {
    const { shape, embedding } = this.#weights;
    const time = upTo(ids.length, LANES);
    const { x } = this.#state;
    for (let t = 0; t < time; t++) {
      const id = ids[t] ?? 0;
      x.values.set(embedding.subarray(id * shape.width, (id + 1) * shape.width), t * shape.width);
    }
    for (const layer of this.#layers) this.#layerThere(layer, time, on);
    return time;
  }

  #layerThere({ linear, attention, attentionNorm, hiddenNorm, kept }: Layer, time: number, on: boolean): void {
    const { width, hidden, heads, groups, epsilon } = this.#weights.shape;
    const [arena, { rank }, { x }] = [this.#arena, this.#adapter, this.#state];
    const apply = (name: MatrixName, y: Block, from: Block) => forward(arena, linear[name], y, from, time, rank, on);
    kept.x.values.set(x.values.subarray(0, time * width));
    normalise(kept.normed, x, attentionNorm, time, epsilon);
    apply("attn_q", kept.query, kept.normed);
    apply("attn_k", kept.key, kept.normed);
    apply("attn_v", kept.value, kept.normed);
    rotate(kept.query, heads, attention, time, 1);
    rotate(kept.key, groups, attention, time, 1);
    attend(arena, attention, kept.heard, kept, time);
    apply("attn_output", kept.middle, kept.heard);
    for (let i = 0; i < time * width; i++) kept.middle.values[i]! += x.values[i]!;
    normalise(kept.normedMiddle, kept.middle, hiddenNorm, time, epsilon);
    apply("ffn_gate", kept.gate, kept.normedMiddle);
    apply("ffn_up", kept.up, kept.normedMiddle);
    for (let i = 0; i < time * hidden; i++)
      kept.acted.values[i] = (kept.gate.values[i]! / (1 + Math.exp(-kept.gate.values[i]!))) * kept.up.values[i]!;
    apply("ffn_down", x, kept.acted);
    for (let i = 0; i < time * width; i++) x.values[i]! += kept.middle.values[i]!;
  }

  /** `state.dx` is the gradient of what the layer gave; afterwards of what it was given. */
  #layerBack(
    { linear, attention, attentionNorm, hiddenNorm, kept }: Layer,
    time: number,
    gradient: Float32Array,
  ): void {
    const { width, hidden, heads, groups, epsilon } = this.#weights.shape;
    const [arena, adapter, { dx, dMiddle, dWide, dWide2, heads: dHeads, picked }] = [
      this.#arena,
      this.#adapter,
      this.#state,
    ];
    const back = (name: MatrixName, into: Block, dy: Block, x: Block) =>
      backward(arena, linear[name], { dx: into, dy, x }, time, adapter, gradient);
    dWide.values.fill(0, 0, time * hidden);
    back("ffn_down", dWide, dx, kept.acted);
    activationBack(dWide.values, dWide2.values, kept.gate.values, kept.up.values, time * hidden);
    picked.values.fill(0, 0, time * width);
    back("ffn_gate", picked, dWide, kept.normedMiddle);
    back("ffn_up", picked, dWide2, kept.normedMiddle);
    dMiddle.values.set(dx.values.subarray(0, time * width));
    normaliseBack(dMiddle, picked, kept.middle, hiddenNorm, time, epsilon);
    // What was heard is as wide as the queries.
    const dHeard = dHeads.query;
    dHeard.values.fill(0);
    back("attn_output", dHeard, dMiddle, kept.heard);
    attendBack(arena, attention, dHeard, kept, dHeads, time);
    rotate(dHeads.query, heads, attention, time, -1);
    rotate(dHeads.key, groups, attention, time, -1);
    picked.values.fill(0, 0, time * width);
    back("attn_q", picked, dHeads.query, kept.normed);
    back("attn_k", picked, dHeads.key, kept.normed);
    back("attn_v", picked, dHeads.value, kept.normed);
    dx.values.set(dMiddle.values.subarray(0, time * width));
    normaliseBack(dx, picked, kept.x, attentionNorm, time, epsilon);
  }

  /** Logits of these places, all at once. @param then with the rows of `logits` as they were left */
  #eachLogit(
    places: readonly number[],
    visit: (logits: Float32Array, at: number, place: number) => void,
    then?: (places: readonly number[], rows: number) => void,
  ): void {
    const { picked, logits, x, dMiddle } = this.#state;
    const { width, epsilon } = this.#weights.shape;
    const rows = upTo(Math.max(places.length, 1), LANES);
    dMiddle.values.fill(0, 0, rows * width);
    for (const [r, i] of places.entries()) dMiddle.values.set(x.values.subarray(i * width, (i + 1) * width), r * width);
    normalise(picked, dMiddle, this.#weights.norm, rows, epsilon);
    this.#arena.multiply(logits, picked, this.#outputThere, rows, this.#vocabulary, width);
    for (const [r, place] of places.entries()) visit(logits.values, r * this.#vocabulary, place);
    logits.values.fill(0, places.length * this.#vocabulary, rows * this.#vocabulary);
    then?.(places, rows);
  }
}

function logSum(logits: Float32Array, at: number, count: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) most = Math.max(most, logits[at + i]!);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(logits[at + i]! - most);
  return most + Math.log(sum);
}

const logitsAt = (logits: Float32Array, at: number, count: number, id: number) =>
  logits[at + id]! - logSum(logits, at, count);

/** In place: from logits to the gradient of weight · −log p(id). */
function lossAt(logits: Float32Array, at: number, count: number, stored: number, id: number, weight: number): number {
  const total = logSum(logits, at, count);
  const loss = weight * (total - logits[at + id]!);
  for (let i = 0; i < count; i++) logits[at + i] = weight * Math.exp(logits[at + i]! - total);
  logits[at + id]! -= weight;
  logits.fill(0, at + count, at + stored);
  return loss;
}

/** `wide`: from the gradient of silu(gate) · up to that of gate; `wide2`: that of up. */
function activationBack(
  wide: Float32Array,
  wide2: Float32Array,
  gate: Float32Array,
  up: Float32Array,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    const open = 1 / (1 + Math.exp(-gate[i]!));
    const given = wide[i]!;
    wide2[i] = given * gate[i]! * open;
    wide[i] = given * up[i]! * open * (1 + gate[i]! * (1 - open));
  }
}
