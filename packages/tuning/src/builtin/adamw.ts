/** What AdamW remembers (Loshchilov and Hutter 2019, arXiv:1711.05101); weights of an adapter do not decay. */
export interface Moments {
  first: Float32Array;
  second: Float32Array;
}

const [BETA1, BETA2, EPSILON, CLIP, WARM_UP, LEAST_WARM_UP] = [0.9, 0.99, 1e-8, 1, 0.06, 6];

/** Changes `values` by one step against the gradient, which is cut to length 1. @param count of this step, from 1 */
export function adamStep(
  values: Float32Array,
  gradient: Float32Array,
  { first, second }: Moments,
  rate: number,
  count: number,
): void {
  let square = 0;
  for (const each of gradient) square += each * each;
  const scale = Math.min(1, CLIP / (Math.sqrt(square) + 1e-12));
  const [correct1, correct2] = [1 - BETA1 ** count, 1 - BETA2 ** count];
  for (let i = 0; i < values.length; i++) {
    const each = gradient[i]! * scale;
    first[i] = BETA1 * first[i]! + (1 - BETA1) * each;
    second[i] = BETA2 * second[i]! + (1 - BETA2) * each * each;
    values[i]! -= (rate * (first[i]! / correct1)) / (Math.sqrt(second[i]! / correct2) + EPSILON);
  }
}

/** Share of the full rate at a step: a short warm-up, then half a cosine. */
export function rateAt(step: number, steps: number): number {
  const warm = Math.min(Math.ceil(steps / 2), Math.max(LEAST_WARM_UP, Math.round(steps * WARM_UP)));
  if (step < warm) return (step + 1) / warm;
  return 0.5 * (1 + Math.cos((Math.PI * (step - warm)) / Math.max(1, steps - warm)));
}
