import type { Dataset } from "./dataset.ts";
import type { DecisionLevel, Evidence } from "./promotion.ts";

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

/** `sft`: answers to imitate. `dpo`: pairs of which one is better. */
export type TrainingMethod = "sft" | "dpo";

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

/** What came of a training run. */
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

/** What a job learns, and how. */
export interface JobTraining {
  /** The model it begins with, as a client names it. */
  model: string;
  /** Which trainer: `builtin`, or another that this installation has. */
  trainer: string;
  method: TrainingMethod;
  hyperparameters: Hyperparameters;
}

/** What must be shown before a route asks the candidate. */
export interface JobPromotion {
  route: string;
  /**
   * Slices that may not pay for the others: `field=value` of the wished JSON answer, `field=*` for each value of it, or
   * a dataset whose held-out examples must not get worse.
   */
  protect: string[];
  /** The candidate must be better by more than this; 0 = better at all. */
  margin: number;
}

/** What a client of OpenAI's fine-tuning API said of a job that is nowhere else in it. */
export interface FineTuningOrigin {
  project: string;
  /** Ids of files. */
  training_file: string;
  validation_file: string | null;
  metadata: Record<string, string> | null;
  /** Of what is usual for the trainer. */
  learning_rate_multiplier: number;
}

export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** A fine-tune run, and the decision about the candidate it makes. Goes on after a restart. */
export interface Job {
  id: string;
  status: JobStatus;
  /** What a running job does. */
  phase: "training" | "comparing" | "";
  /** `name@version` of what it learns from, and whose held-out examples decide. */
  dataset: string;
  dataset_id: Dataset["id"];
  /** `null`: the candidate was there already, and is only compared. */
  training: JobTraining | null;
  /** As a client names it. Callable once it is trained. */
  candidate: string;
  /** `null`: nobody is to be promoted. */
  promotion: JobPromotion | null;
  /** Epoch milliseconds; `null` = not yet. */
  created: number;
  started: number | null;
  finished: number | null;
  /** The last step. */
  progress: TrainingProgress | null;
  /** Held-out examples answered so far, and what the decision will be made at. */
  compared: ({ done: number; of: number } & DecisionLevel) | null;
  report: TrainingReport | null;
  /** What was decided and by what; also where nothing was promoted. */
  evidence: Evidence | null;
  /** The promotion that came of it. */
  promotion_id: string | null;
  /** Why it failed; "" otherwise. */
  error: string;
  /** How often a server began it, its own restarts included. */
  starts: number;
  /** Only of a job that came by `/v1/fine_tuning/jobs`. */
  fine_tuning?: FineTuningOrigin;
}

/** `POST /api/jobs`: tune `model` on `dataset`, or, with `candidate`, only compare that. */
export interface CreateJob {
  /** `name`, `name@version` or id. */
  dataset: string;
  /** Default: `local/spark`. */
  model?: string;
  /** A model that is there already. */
  candidate?: string;
  /** What to call the result; default: the model's name and the dataset's, and a number where that is taken. */
  name?: string;
  trainer?: string;
  /** Default: what the dataset holds. */
  method?: TrainingMethod;
  hyperparameters?: Partial<Hyperparameters>;
  promotion?: { route: string } & Partial<JobPromotion>;
}

/** `GET /api/jobs`: newest first. */
export interface JobList {
  data: Job[];
}

/** `GET /api/jobs/:id` */
export interface JobDetail extends Job {
  /** Steps so far, oldest first, thinned out to some hundreds; every step that has a validation loss is there. */
  curve: TrainingProgress[];
}

/** `GET /api/jobs/:id/live`: server-sent events, each one the whole job anew; it ends when the job does. */
export type JobEvent = Job;
