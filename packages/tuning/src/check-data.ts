import type { TrainingData } from "./trainer.ts";

/** A handful of equal answers may be meant. */
const MANY = 20;

/** @throws Error where nothing can be learned from the data */
export function checkData({ train }: TrainingData): void {
  if (train.length === 0) throw new Error("the dataset is empty: there is nothing to learn from");
  const answers = new Set(train.map((row) => ("chosen" in row ? `${row.chosen}\0${row.rejected}` : row.completion)));
  if (train.length >= MANY && answers.size === 1)
    throw new Error(`all ${train.length} answers are the same, so the model would learn to say nothing else`);
}
