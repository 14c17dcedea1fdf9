import type { DecisionLevel, Example, FineTuningOrigin, Job, JobPromotion, TrainingReport } from "@flywheel/protocol";
import type { DatasetLibrary } from "../dataset/library.ts";
import type { Trainer } from "../trainer.ts";

/** A model that can be tuned, and by whom. */
export interface Tunable {
  /** What the trainer is given: a file, or a provider's name of it. */
  base: string;
  /** Of the candidate, where nobody names it. */
  shortName: string;
  /** Whose candidates are: `local`, or a provider, which may give them other names. */
  home: string;
  trainer: Trainer;
}

/** What an installation knows of models. */
export interface JobModels {
  /** Throws `invalid_request` where it is none that can be tuned. */
  tunable(model: string, trainer: string | undefined): Tunable;
  /** Whether a model, or a job under way, has this name. */
  isTaken(name: string): boolean;
  /** From here on the adapter is served. @returns as a client names it */
  keep(job: Job, name: string, base: string, report: TrainingReport): string;
}

/** What models are compared by. */
export interface HeldOut {
  /** They decide. */
  examples: readonly Example[];
  /** Of another dataset. */
  heldOut(dataset: string): Promise<readonly Example[]>;
}

/** What a comparison is given besides the job. */
export interface DecideContext extends HeldOut {
  /** What there was to learn from. */
  training: readonly Example[];
  level: DecisionLevel;
  /** Where answers are kept, so that it goes on after a restart. */
  answers: string;
  signal: AbortSignal;
  onProgress(done: number, of: number): void;
}

export interface JobsOptions {
  dir: string;
  datasets: Pick<DatasetLibrary, "find" | "rows">;
  models: JobModels;
  /** Rejects where a job asks for a promotion that can never be: before it is trained for hours. @param dataset `name@version` */
  checkPromotion(promotion: JobPromotion, dataset: string, held: HeldOut): Promise<void>;
  /** Compares the candidate with who is in front, and promotes it where it is shown to be better. */
  decide(job: Job, context: DecideContext): Promise<Pick<Job, "evidence" | "promotion_id">>;
}

/** Of a job that learns from files, not from a dataset that somebody named. */
export interface JobOfFiles {
  /** Behind the model's name, in place of the dataset's. */
  suffix: string;
  fine_tuning: FineTuningOrigin;
}
