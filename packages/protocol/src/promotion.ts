import type { MeanInterval } from "./evals.ts";
import type { TrialEvidence } from "./trial.ts";

/** Which model a route asks first, from this moment on. Rows are only added: the latest of a route holds. */
export interface Promotion {
  id: string;
  route: string;
  /** As a client would name it: `local/spark-triage`. */
  model: string;
  /** What was first before; a rollback goes there. */
  previous: string;
  /** Epoch milliseconds. */
  created: number;
  /** What the decision was made by, as it was then: held-out examples, or a trial's users. `null`: somebody's word. */
  evidence: Evidence | TrialEvidence | null;
  /** The promotion that this one takes back. */
  rollback_of: string | null;
}

/** `GET /api/promotions`: newest first. `GET /api/promotions/:id` is one of them. */
export interface PromotionList {
  data: Promotion[];
}

/** Why a candidate was promoted, or was not. */
export type DecisionCode =
  | "better"
  | "too_few"
  | "not_better"
  | "worse"
  | "no_better_than_constant"
  | "slice_worse"
  | "slice_too_few"
  | "slice_not_shown_equal";

/** Which decision on its route one is, and how seldom it may be wrong: the more there were, the more is asked for. */
export interface DecisionLevel {
  /** 1 = the first on this route that was made by held-out examples. */
  nth: number;
  /** How often it promotes what it should not, at most. */
  alpha: number;
}

/** Two models' answers to the same held-out examples, and what was decided by them. Shares are 0 to 1. */
export interface Evidence extends DecisionLevel {
  route: string;
  /** Models as clients name them. */
  baseline_model: string;
  candidate_model: string;
  /** `name@version` */
  dataset: string;
  created: number;
  seconds: number;
  promoted: boolean;
  code: DecisionCode;
  /** For people. */
  reason: string;
  examples: number;
  /** Of whom they are; examples of one user are alike. */
  users: number;
  /** Share of right answers, with a 95 % interval that knows the users. */
  baseline: MeanInterval;
  candidate: MeanInterval;
  /** Share that the most usual answer of the training data would get right; `null` = it was not looked at. */
  constant: number | null;
  /** Candidate minus baseline; its low end is the one-sided bound, at `alpha`, that decides. */
  difference: MeanInterval;
  /** One-sided: how likely a difference like this would be if the candidate were no better. */
  p: number;
  margin: number;
  slice_margin: number;
  slices: EvidenceSlice[];
  /** Examples by who was right. */
  outcomes: { both: number; only_candidate: number; only_baseline: number; neither: number };
  /** Requests that failed for good; they count as wrong answers. */
  failures: { baseline: number; candidate: number };
  /** The difference that so many examples find in 80 % of the cases, said before the first was asked. */
  detectable: number;
  /** Some examples that one got right and the other did not. */
  changed: ChangedExample[];
}

/** How the two models do on a protected slice. */
export interface EvidenceSlice {
  slice: string;
  examples: number;
  baseline: number;
  candidate: number;
  difference: MeanInterval | null;
  /** It is shown to be worse by less than the slice's margin. */
  safe: boolean;
  /** It is shown to be worse than before. */
  worse: boolean;
}

export interface ChangedExample {
  id: string;
  /** The last message of its prompt. */
  asked: string;
  wished: string;
  baseline: string;
  candidate: string;
  right: "candidate" | "baseline";
}
