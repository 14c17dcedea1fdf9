/** A message of a conversation that a model is trained on, in OpenAI's words. */
export interface TrainingMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

/** Where a row of a dataset came from: the generations and the events that taught it. */
export interface Lineage {
  readonly generation_ids: readonly string[];
  readonly event_ids: readonly string[];
  /** The end user it came from, or "": datasets are split by user. */
  readonly user_id: string;
}

/** A prompt and the answer one wishes for it. */
export interface Example {
  readonly id: string;
  readonly messages: readonly TrainingMessage[];
  /** What the assistant should say. */
  readonly completion: string;
  /** JSON Schema the answer was held to, or `null`. */
  readonly response_schema: unknown;
  /** How much it counts in training, 1 as a rule. */
  readonly weight: number;
  readonly lineage: Lineage;
}

/** A prompt and two answers, one of them better. */
export interface Preference {
  readonly id: string;
  readonly messages: readonly TrainingMessage[];
  readonly chosen: string;
  readonly rejected: string;
  readonly weight: number;
  readonly lineage: Lineage;
}

/** A prompt, an answer to it, and whether users were content with it. */
export interface Rating {
  readonly id: string;
  readonly messages: readonly TrainingMessage[];
  readonly completion: string;
  readonly desirable: boolean;
  readonly weight: number;
  readonly lineage: Lineage;
}

/**
 * What an event of a user means for training.
 * - `reward`: how good the answer was, −1 to 1
 * - `label`: what the answer should have been called, as `{ name: value }`
 * - `demonstration`: the better answer itself
 * - `preference`: another generation was chosen over this one
 */
export type Signal =
  | { readonly type: "reward"; readonly value: number }
  | { readonly type: "label"; readonly labels: Readonly<Record<string, string | number | boolean>> }
  | { readonly type: "demonstration"; readonly text: string }
  | { readonly type: "preference"; readonly over: string };
