import type { Vector } from "../../packages/tuning/src/classifier/linear.ts";
import { withConstant } from "../../packages/tuning/src/classifier/tf-idf.ts";

/** Numbers as they are, each around its mean and divided by its spread, the whole of length 1. */
export function standardised(vectors: readonly (readonly number[])[]): (vector: readonly number[]) => Vector {
  const width = vectors[0]!.length;
  const means = Array.from({ length: width }, (_, k) => vectors.reduce((sum, v) => sum + v[k]!, 0) / vectors.length);
  const spreads = means.map((mean, k) => Math.sqrt(vectors.reduce((sum, v) => sum + (v[k]! - mean) ** 2, 0) / vectors.length) || 1); // prettier-ignore
  const scale = 1 / Math.sqrt(width);
  return (vector) => withConstant(vector.map((value, at) => ({ at, value: ((value - means[at]!) / spreads[at]!) * scale })), width); // prettier-ignore
}
