import { setImmediate as breathe } from "node:timers/promises";
import { createRandom } from "@flywheel/evals/statistics";

/** Some features and their values. */
export interface Vector {
  at: Uint32Array;
  values: Float64Array;
}

/** What each label's machine says of a vector: above 0 where it takes it for its own. */
export type Classifier = (vector: Vector) => Map<string, number>;

/**
 * One linear support vector machine for each label against all others: squared hinge loss, by dual coordinate descent
 * (Hsieh et al. 2008, algorithm 1). Others may run between two labels.
 */
export async function trainLinear(
  vectors: readonly Vector[],
  labels: readonly string[],
  width: number,
  { cost = 1, passes = 12 }: { /** How much a mistake costs, "C". */ cost?: number; passes?: number } = {},
): Promise<Classifier> {
  const random = createRandom(7);
  const order = vectors.map((_, i) => i);
  const squares = vectors.map(({ values }) => values.reduce((sum, value) => sum + value * value, 0) + 1 / (2 * cost));
  const machines: [string, Float64Array][] = [];
  for (const name of [...new Set(labels)].toSorted()) {
    machines.push([name, machine((i) => (labels[i] === name ? 1 : -1))]);
    await breathe();
  }

  function machine(sign: (i: number) => number): Float64Array {
    const weights = new Float64Array(width);
    const dual = new Float64Array(vectors.length);
    for (let pass = 0; pass < passes; pass++) {
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      for (const i of order) {
        const gradient = sign(i) * dot(weights, vectors[i]!) - 1 + dual[i]! / (2 * cost);
        const next = Math.max(dual[i]! - gradient / squares[i]!, 0);
        if (next !== dual[i]) add(weights, vectors[i]!, (next - dual[i]!) * sign(i));
        dual[i] = next;
      }
    }
    return weights;
  }

  return (vector) => new Map(machines.map(([name, weights]) => [name, dot(weights, vector)]));
}

/** The label whose machine is surest. */
export function surest(said: ReadonlyMap<string, number>): string {
  return [...said].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function dot(weights: Float64Array, { at, values }: Vector): number {
  let sum = 0;
  for (let k = 0; k < at.length; k++) sum += weights[at[k]!]! * values[k]!;
  return sum;
}

function add(weights: Float64Array, { at, values }: Vector, by: number): void {
  for (let k = 0; k < at.length; k++) weights[at[k]!]! += by * values[k]!;
}
