import type { Example, Preference, Rating, Signal } from "./training.ts";

/** Training sees `train`, choosing sees `eval`, and `holdout` is for the one last look. */
export const SPLITS = ["train", "eval", "holdout"] as const;
export type Split = (typeof SPLITS)[number];

/** One row of a dataset. */
export type DatasetRow = { readonly split: Split } & (
  | ({ readonly kind: "example" } & Example)
  | ({ readonly kind: "preference" } & Preference)
  | ({ readonly kind: "rating" } & Rating)
);
export type DatasetRowKind = DatasetRow["kind"];

/** Which generations and signals a dataset is made of, and what is left out of it. */
export interface DatasetQuery {
  project: string;
  /** Generations that were asked for or answered under this model name; absent = all. */
  model?: string;
  /** Generations of this endpoint; absent = all. */
  endpoint?: string;
  /** Events received in this stretch, epoch milliseconds. */
  from?: number;
  to?: number;
  /** Only these signals; absent = all. */
  signals?: Signal["type"][];
  /** `granted`: only what an end user agreed to. `not_denied`: all but what one refused. */
  consent: "granted" | "not_denied";
  /** An answer with at least this mean reward, −1 to 1, is an example of its own. */
  min_reward: number;
  /** What one end user may weigh of the whole, 0 to 1; 1 = no cap. With few users, twice an equal share is always allowed. */
  user_share: number;
  /** `drop`: examples to train on whose answer is plainly not what all other users say of such prompts. */
  outliers: "drop" | "keep";
  /** Prompts this alike (Jaccard, 0 to 1) count as one; 1 = only the very same. */
  near_duplicate: number;
  /** What is done with e-mail addresses, phone, card and account numbers, keys. */
  pii: "redact" | "drop" | "keep";
  /** Datasets (`name`, `name@version` or id) whose prompts must not turn up in this one's `train`. */
  against: string[];
  /** Longest answer over shortest, of a preference whose longer answer has 200 characters or more. */
  length_ratio: number;
  /** Shares of end users. The rest is `train`. */
  eval_share: number;
  holdout_share: number;
}

export const DEFAULT_DATASET_QUERY: DatasetQuery = {
  project: "default",
  consent: "not_denied",
  min_reward: 0.5,
  user_share: 0.02,
  outliers: "drop",
  near_duplicate: 0.9,
  pii: "redact",
  against: [],
  length_ratio: 3,
  eval_share: 0.1,
  holdout_share: 0.1,
};

/** Why something did not become a row. */
export const DROP_REASONS = [
  "consent", "superseded", "no_generation", "not_ok", "not_text", "no_answer", "other_prompt", "pii", "near_duplicate",
  "contradicted", "contaminated", "length_ratio", "user_share", "outlier",
] as const; // prettier-ignore
export type DropReason = (typeof DROP_REASONS)[number];

/** What is in a dataset, and what is not. */
export interface DatasetCounts {
  rows: Record<DatasetRowKind, number>;
  splits: Record<Split, number>;
  users: number;
  events: number;
  generations: number;
  dropped: Partial<Record<DropReason, number>>;
  redactions: number;
  /** Mean length of the chosen answers over that of the rejected ones; `null` without preferences. */
  chosen_over_rejected: number | null;
  /** What the heaviest end user weighs of `train`, 0 to 1. */
  largest_user_share: number;
}

/** A version of a dataset. The id is the hash of its rows: the same rows are the same dataset. */
export interface Dataset {
  /** `ds_` and the first 32 hex digits of the SHA-256 of its rows. */
  id: string;
  name: string;
  /** Counts up from 1 with every change of content. */
  version: number;
  /** Epoch milliseconds. */
  created: number;
  /** `null`: it was imported. */
  query: DatasetQuery | null;
  counts: DatasetCounts;
  /** Which models answered, and how many of its generations. */
  models: Record<string, number>;
}

/** `GET /api/datasets`: newest first. */
export interface DatasetList {
  data: Dataset[];
}

/** `POST /api/datasets` */
export type BuildDataset = { name: string } & Partial<DatasetQuery>;

/** `GET /api/datasets/builds/:id`, and the answer to `POST /api/datasets`. */
export interface DatasetBuild {
  id: string;
  state: "running" | "done" | "failed";
  phase: string;
  /** 0 to 1 */
  progress: number;
  dataset?: Dataset;
  /** Whether the version is new; false = the same rows had been built before. */
  fresh?: boolean;
  error?: { code: string; message: string };
}

/** `GET /api/datasets/:name/rows` */
export interface DatasetRowPage {
  data: DatasetRow[];
  /** Pass as `offset` for the next page; absent on the last. */
  next?: number;
}
