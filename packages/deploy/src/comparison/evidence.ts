import { clusteredShare, type Decision, type Interval, type PairedScore } from "@flywheel/evals";
import type { ChangedExample, Evidence, Example, MeanInterval } from "@flywheel/protocol";
import type { Answered, Comparison } from "./compare.ts";

/** Both models' answers to one example. */
export interface AnsweredPair {
  example: Example;
  baseline: Answered;
  candidate: Answered;
  baselineRight: boolean;
  candidateRight: boolean;
}

interface Parts {
  comparison: Comparison;
  decision: Decision;
  scores: readonly PairedScore[];
  pairs: readonly AnsweredPair[];
  detectable: number;
  began: number;
}

/** A decision and what it was made by, to be kept and looked at. */
export function evidenceOf({ comparison, decision, scores, pairs, detectable, began }: Parts): Evidence {
  const { rules, code, reason, promoted, examples, users, difference, p, slices } = decision;
  const count = (baseline: boolean, candidate: boolean) =>
    pairs.filter((pair) => pair.baselineRight === baseline && pair.candidateRight === candidate).length;
  const deciding = scores.filter(({ isGuard }) => !isGuard);
  return {
    route: comparison.route,
    baseline_model: comparison.baseline,
    candidate_model: comparison.candidate,
    dataset: comparison.dataset,
    created: began,
    seconds: (Date.now() - began) / 1000,
    promoted,
    code,
    reason,
    examples,
    users,
    baseline: shareOf(deciding, "baseline"),
    candidate: shareOf(deciding, "candidate"),
    constant: decision.constant,
    difference: interval(difference),
    p,
    ...comparison.level,
    margin: rules.margin,
    slice_margin: rules.sliceMargin,
    slices: slices.map((slice) => ({ ...slice, difference: slice.difference && interval(slice.difference) })),
    outcomes: {
      both: count(true, true),
      only_candidate: count(false, true),
      only_baseline: count(true, false),
      neither: count(false, false),
    },
    failures: {
      baseline: pairs.filter(({ baseline }) => baseline.text === null).length,
      candidate: pairs.filter(({ candidate }) => candidate.text === null).length,
    },
    detectable,
    changed: changedExamples(pairs),
  };
}

function shareOf(scores: readonly PairedScore[], side: "baseline" | "candidate"): MeanInterval {
  const clusters = scores.map(({ id, user }) => (user ? `user ${user}` : `example ${id}`));
  return interval(clusteredShare(scores.map((score) => score[side]), clusters)); // prettier-ignore
}

const interval = ({ estimate, low, high }: Interval): MeanInterval => ({
  estimate,
  low: Number.isFinite(low) ? low : null,
  high: Number.isFinite(high) ? high : null,
});

const MOST_OF_A_KIND = 25;
const MOST_CHARACTERS = 400;

/** What was lost first: that is what a person should look at. */
function changedExamples(pairs: readonly AnsweredPair[]): ChangedExample[] {
  const of = (right: ChangedExample["right"]) =>
    pairs
      .filter((pair) => pair.baselineRight !== pair.candidateRight && pair.candidateRight === (right === "candidate"))
      .slice(0, MOST_OF_A_KIND)
      .map(({ example, baseline, candidate }) => ({
        id: example.id,
        asked: cut(example.messages.at(-1)?.content ?? ""),
        wished: cut(example.completion),
        baseline: cut(baseline.text ?? baseline.error),
        candidate: cut(candidate.text ?? candidate.error),
        right,
      }));
  return [...of("baseline"), ...of("candidate")];
}

const cut = (text: string) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
