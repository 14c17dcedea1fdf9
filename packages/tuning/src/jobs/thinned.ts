import type { TrainingProgress } from "@flywheel/protocol";

const MOST_POINTS = 400;

/** Evenly, but for steps with a validation loss: those stay. */
export function thinned(curve: TrainingProgress[]): TrainingProgress[] {
  const every = Math.ceil(curve.length / MOST_POINTS);
  return curve.filter(({ validation_loss }, i) => validation_loss !== undefined || i % every === 0 || i === curve.length - 1); // prettier-ignore
}
