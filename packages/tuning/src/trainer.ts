import type {
  Example,
  Hyperparameters,
  Preference,
  TrainingMethod,
  TrainingProgress,
  TrainingReport,
} from "@flywheel/protocol";

/** What a model learns from: answers to imitate, or pairs of which one is better. */
export type TrainingData =
  | { method: "sft"; train: readonly Example[]; validation: readonly Example[] }
  | { method: "dpo"; train: readonly Preference[]; validation: readonly Preference[] };

export const HYPERPARAMETERS: Readonly<Record<TrainingMethod, Hyperparameters>> = {
  sft: { epochs: 4, batch: 16, rate: 3e-3, rank: 16, alpha: 32, beta: 0, seed: 1, patience: 2 },
  dpo: { epochs: 2, batch: 16, rate: 2e-4, rank: 16, alpha: 32, beta: 0.1, seed: 1, patience: 2 },
};

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

/** Why a run is stopped that is to go on some day, such as the end of its server. Any other reason gives the run up. */
export class Postponed extends Error {
  override name = "Postponed";
}

/** What makes a better model of data. */
export interface Trainer {
  name: string;
  /** Where it wishes for others than {@link HYPERPARAMETERS} while nobody says otherwise. */
  usual?: Readonly<Record<TrainingMethod, Partial<Hyperparameters>>>;
  /**
   * Rejects with an Error in words for a person: data one cannot learn from, a loss that runs away, a file that cannot be
   * written; with the signal's reason where it is aborted. What was saved last can be gone on from.
   */
  train(task: TrainingTask): Promise<TrainingReport>;
}
