import type { Target } from "./config.ts";
import type { MeanInterval } from "./evals.ts";

/**
 * - `canary`: a share of the users is answered by the candidate
 * - `shadow`: it is asked what others answered, unseen
 */
export const TRIAL_KINDS = ["canary", "shadow"] as const;
export type TrialKind = (typeof TRIAL_KINDS)[number];

export type TrialArm = "baseline" | "candidate";

/**
 * What a generation's score is made of:
 * - `reward`: everything that users said of the answers they got: praise, complaints, corrections
 * - `exact`: whether an answer is the one that users said is right
 * - `similar`: the share of words that it has in common with that one
 */
export const TRIAL_EVALUATORS = ["reward", "exact", "similar"] as const;
export type TrialEvaluator = (typeof TRIAL_EVALUATORS)[number];

/**
 * What a shadow makes of a user who says nothing of an answer:
 * - `unknown`: either of two answers may be the right one. What is better or worse whichever it is can be decided.
 * - `ignored`: the silent are like those who speak. They are not where one corrects more readily than one approves.
 */
export const TRIAL_SILENCES = ["unknown", "ignored"] as const;
export type TrialSilence = (typeof TRIAL_SILENCES)[number];

/** What a generation was in a trial. */
export interface TrialPart {
  id: string;
  arm: TrialArm;
  /** Stands for the end user (or, where none is named, the key), whose name cannot be read from it. */
  unit: string;
}

/** A trial as the gateway needs it. */
export interface RouteTrial {
  id: string;
  kind: TrialKind;
  candidate: Target;
  /** Of a canary the users, of a shadow the requests: 0 to 1, both excluded. */
  share: number;
  /** Keeps users from choosing their arm. */
  salt: string;
}

/** What is tried, and what has to be shown. */
export interface TrialPlan {
  route: string;
  /** As a client would name it: `local/spark-triage`. */
  candidate: string;
  /** What was in front of the route when it began. */
  baseline: string;
  kind: TrialKind;
  share: number;
  evaluator: TrialEvaluator;
  /** Of a shadow; in a canary whoever says nothing is neither for nor against. */
  silence: TrialSilence;
  /** The candidate must be better by more than this; scores are 0 to 1. */
  margin: number;
  /** Where a gain of even this much (over the margin) is ruled out, it is rejected without waiting longer. */
  worthwhile: number;
  /** How many users may have their say before it is rejected as undecided. */
  most_users: number;
  /** After the first word of a user (where silence counts: after their first answer), how long words are waited for. */
  settle_seconds: number;
}

/** `POST /api/trials`: what is left out has its default. */
export type StartTrial = Pick<TrialPlan, "route" | "candidate" | "kind"> & Partial<Omit<TrialPlan, "baseline">>;

/** - `stopped`: by a person, or because the route is not what it was */
export type TrialOutcome = "promoted" | "rejected" | "stopped";

/** What is known of a trial. Users are what is independent of each other, so they are what is counted. */
export interface TrialEvidence {
  /** Which trial. */
  trial: string;
  /** Users who had their say. */
  users: number;
  /** Answers that have a score. */
  answers: Record<TrialArm, number>;
  /** Answers that the arm's model failed to give. */
  failures: Record<TrialArm, number>;
  /** Mean over users of an arm, `null` where there are none. */
  means: Record<TrialArm, number | null>;
  /**
   * Candidate minus baseline: a 95 % confidence sequence, which holds at all looks together. What is not known of the silent
   * counts against the candidate at its low end, as in the means, and for it at its high end.
   */
  difference: MeanInterval;
}

/** Rows are only added: one where it begins, one where it ends. */
export interface Trial extends TrialPlan {
  id: string;
  /** Epoch milliseconds. */
  created: number;
  /** `null` while it runs. */
  ended: number | null;
  outcome: TrialOutcome | null;
  /** Why it ended so, for people; "" while it runs. */
  reason: string;
  /** As it was at the end. */
  evidence: TrialEvidence | null;
  /** The promotion that it led to. */
  promotion: string | null;
}

/** `GET /api/trials`: newest first. */
export interface TrialList {
  data: Trial[];
}

/** `GET /api/trials/:id`: with what is known by now, while it runs. */
export interface TrialDetail extends Trial {
  /** `null` where nothing is known. */
  now: TrialEvidence | null;
}

/** How a trial ends. */
export interface TrialEnding {
  outcome: TrialOutcome;
  reason: string;
  evidence: TrialEvidence | null;
}
