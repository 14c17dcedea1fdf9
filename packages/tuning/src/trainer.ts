import type { Example, Preference } from "@flywheel/protocol";

/** What a model learns from: answers to imitate, or pairs of which one is better. */
export type TrainingData =
  | { method: "sft"; train: readonly Example[]; validation: readonly Example[] }
  | { method: "dpo"; train: readonly Preference[]; validation: readonly Preference[] };

/** How a model learns. */
export interface Hyperparameters {
  /** Passes over the data. */
  epochs: number;
  /** Texts (or pairs) per step. */
  batch: number;
  /** The most that a weight moves in a step, about. */
  rate: number;
  /** Of the low-rank matrices; a multiple of 8. */
  rank: number;
  alpha: number;
  /** Of DPO: how far from the model it began with. */
  beta: number;
  seed: number;
  /** Epochs without a better validation loss before it stops. */
  patience: number;
}

export const HYPERPARAMETERS: Readonly<Record<TrainingData["method"], Hyperparameters>> = {
  sft: { epochs: 4, batch: 16, rate: 3e-3, rank: 16, alpha: 32, beta: 0, seed: 1, patience: 2 },
  dpo: { epochs: 2, batch: 16, rate: 5e-4, rank: 16, alpha: 32, beta: 0.1, seed: 1, patience: 2 },
};

/** Where a training run is. */
export interface TrainingProgress {
  step: number;
  steps: number;
  epoch: number;
  /** Mean over the last step's texts; nats per token for SFT. */
  loss: number;
  /** After each epoch. */
  validation_loss?: number;
  /** Of this run so far. */
  tokens: number;
  seconds: number;
}

export interface TrainingTask {
  /** The model: a GGUF file, or a hosted provider's name of it. */
  base: string;
  data: TrainingData;
  hyperparameters: Hyperparameters;
  /** A folder for checkpoints and the result; a run that finds a checkpoint there goes on from it. */
  folder: string;
  onProgress(progress: TrainingProgress): void;
  signal: AbortSignal;
}

export interface TrainingReport {
  /** The adapter, a file in the task's folder; "" where the provider keeps the result. */
  adapter: string;
  /** What the provider calls the result; "" where it is a file. */
  model: string;
  steps: number;
  tokens: number;
  seconds: number;
  /** Before any step, and of what was kept; `null` where there was nothing to validate with. */
  validation_loss: { before: number; after: number } | null;
  /** Texts left out because they are longer than the model's context. */
  too_long: number;
}

/** Why a run is stopped that is to go on some day, such as the end of its server. Any other reason gives the run up. */
export class Postponed extends Error {
  override name = "Postponed";
}

/** What makes a better model of data. */
export interface Trainer {
  name: string;
  /**
   * Rejects with an Error in words for a person: data one cannot learn from, a loss that runs away, a file that cannot be
   * written; with the signal's reason where it is aborted. What was saved last can be gone on from.
   */
  train(task: TrainingTask): Promise<TrainingReport>;
}
