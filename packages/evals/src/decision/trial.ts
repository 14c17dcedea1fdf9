import { bettingSequence, type ConfidenceSequence } from "../statistics/confidence-sequence.ts";
import type { Interval } from "../statistics/interval.ts";

export interface TrialRules {
  /** The candidate must be better by more than this. */
  margin?: number;
  /** How often all looks together may promote what is no better, and give up what is. */
  alpha?: number;
  /** A difference not worth waiting for: where even this much is ruled out, the trial ends. */
  worthwhile?: number;
}

/** What is known of a candidate in shadow or canary; may be asked after every answer. */
export interface TrialState {
  readonly outcome: "promote" | "reject" | "continue";
  /** Candidate minus baseline. Valid at all looks together. */
  readonly interval: Interval;
  readonly answers: number;
}

export interface Trial {
  state(): TrialState;
}

/** Both models answer the same requests, the candidate unseen. */
export interface ShadowTrial extends Trial {
  /** Scores in [0, 1] of one request, or the means of one user's requests: users are what must be independent. */
  add(baseline: number, candidate: number): void;
}

/** Each user is given to one of the two by chance. */
export interface CanaryTrial extends Trial {
  /** The score in [0, 1] of one user. */
  add(arm: "baseline" | "candidate", score: number): void;
}

export function createShadowTrial(rules: TrialRules = {}): ShadowTrial {
  const sequence = bettingSequence({ low: -1, high: 1, level: 1 - 2 * (rules.alpha ?? 0.025) });
  return { ...trial(sequence, rules), add: (baseline, candidate) => sequence.add(candidate - baseline) };
}

/**
 * A canary with a fixed share of the users. Each score, divided by the chance of its arm, is on average the difference
 * (Horvitz & Thompson 1952); so bounded values whose mean is the difference come in, and a confidence sequence holds.
 * Scores count from ½, which makes the values smaller and says what silence means: whoever has no score, and is not
 * added, counts as ½, neither good nor bad.
 *
 * @param share of the users that the candidate gets; it must have been decided by chance, and not depend on the scores
 */
export function createCanaryTrial(share: number, rules: TrialRules = {}): CanaryTrial {
  if (!(share > 0 && share < 1)) throw new RangeError(`A canary's share is between 0 and 1, not ${share}.`);
  const most = 0.5 / Math.min(share, 1 - share);
  const sequence = bettingSequence({ low: -most, high: most, level: 1 - 2 * (rules.alpha ?? 0.025) });
  return {
    ...trial(sequence, rules),
    add(arm, score) {
      if (!(score >= 0 && score <= 1)) throw new RangeError(`${score} is no score from 0 to 1.`);
      sequence.add(arm === "candidate" ? (score - 0.5) / share : (0.5 - score) / (1 - share));
    },
  };
}

/** Each end of the two-sided sequence is a one-sided one at half its error: that is why its level is 1 − 2α. */
function trial(sequence: ConfidenceSequence, { margin = 0, worthwhile = 0.01 }: TrialRules): Trial {
  return {
    state() {
      const interval = sequence.interval();
      const outcome = interval.low > margin ? "promote" : interval.high < margin + worthwhile ? "reject" : "continue";
      return { outcome, interval, answers: sequence.count };
    },
  };
}
