import { createCanaryTrial, createShadowTrial, type TrialState } from "@flywheel/evals/decision";
import type { Trial, TrialArm, TrialEvidence } from "@flywheel/protocol";
import type { TrialRows } from "@flywheel/store/logs";
import { mean } from "./score.ts";
import { type Unit, unitsOf } from "./units.ts";

/** What the rows say by now. */
export interface Judgement {
  outcome: "promoted" | "rejected" | "running";
  /** For people; "" where there is nothing to say yet. */
  reason: string;
  evidence: TrialEvidence;
}

/** Rows come a moment after what they tell of. */
const ROWS_COME_MS = 2000;
/** A look costs time in proportion to the users so far, so there are at most about so many. */
const MOST_LOOKS = 200;
/** Of the users who spoke of a shadow's answers so many must have approved of one, or it cannot lead to a promotion. */
const LEAST_APPROVED = 0.1;

const ARMS = ["baseline", "candidate"] as const;

/**
 * A trial's decision: a function of rows alone, so that it is the same after a restart. Users are what is independent of
 * each other, so they are what is counted. Each is settled a while after their first word, and they are taken in the
 * order in which they settle, so that none changes once it was looked at.
 */
export function judgeTrial(trial: Trial, rows: TrialRows, now = Date.now()): Judgement {
  const units = unitsOf(trial, rows).filter(({ settled }) => settled <= now - ROWS_COME_MS);
  const { state, seen } = follow(trial, units.slice(0, trial.most_users));
  const evidence = evidenceOf(trial, seen, state);
  return { ...decide(trial, evidence, state, seen), evidence };
}

/** Look on the way, and stop where it is decided. */
function follow(trial: Trial, units: readonly Unit[]): { state: TrialState; seen: readonly Unit[] } {
  const sequence = trial.kind === "canary" ? canary(trial) : shadow(trial);
  const every = Math.ceil(trial.most_users / MOST_LOOKS);
  let state = sequence.state();
  for (const [index, unit] of units.entries()) {
    sequence.add(unit);
    const seen = index + 1;
    if (seen % every !== 0 && seen < units.length) continue;
    state = sequence.state();
    if (state.outcome !== "continue") return { state, seen: units.slice(0, seen) };
  }
  return { state, seen: units };
}

interface Sequence {
  state(): TrialState;
  add(unit: Unit): void;
}

function canary({ share, margin, worthwhile }: Trial): Sequence {
  const { state, add } = createCanaryTrial(share, { margin, worthwhile });
  return { state, add: ({ means }) => ARMS.forEach((arm) => means[arm] !== undefined && add(arm, means[arm])) };
}

/**
 * It is better if it is where all that is not known speaks against it, and not worth its while if it is not where all
 * of that speaks for it. Between the two nobody can tell (Manski's bounds, each with its own sequence).
 */
function shadow({ margin, worthwhile }: Trial): Sequence {
  const [worst, best] = [createShadowTrial({ margin, worthwhile }), createShadowTrial({ margin, worthwhile })];
  return {
    add(unit) {
      worst.add(unit.means.baseline!, unit.means.candidate!);
      best.add(unit.best.baseline!, unit.best.candidate!);
    },
    state() {
      const [low, high] = [worst.state(), best.state()];
      const outcome = low.outcome === "promote" ? "promote" : high.outcome === "reject" ? "reject" : "continue";
      const estimate = (low.interval.estimate + high.interval.estimate) / 2;
      return { ...low, outcome, interval: { ...low.interval, estimate, high: high.interval.high } };
    },
  };
}

function evidenceOf(trial: Trial, units: readonly Unit[], { interval }: TrialState): TrialEvidence {
  const scored = units.flatMap((unit) => unit.scored);
  const perArm = <T>(of: (arm: TrialArm) => T) => ({ baseline: of("baseline"), candidate: of("candidate") });
  return {
    trial: trial.id,
    users: units.length,
    answers: perArm((arm) => scored.filter((one) => one.arm === arm).length),
    failures: perArm((arm) => scored.filter((one) => one.arm === arm && one.failed).length),
    means: perArm((arm) => mean(units.flatMap(({ means }) => means[arm] ?? [])) ?? null),
    difference: { estimate: interval.estimate, low: interval.low, high: interval.high },
  };
}

type Decision = Pick<Judgement, "outcome" | "reason">;

function decide(
  trial: Trial,
  evidence: TrialEvidence,
  { outcome, interval }: TrialState,
  seen: readonly Unit[],
): Decision {
  const points = (share: number) => (100 * share).toFixed(1);
  const range = `${points(interval.low)} to ${points(interval.high)} points by what ${evidence.users} users said`;
  if (outcome === "reject") {
    const least = points(trial.margin + trial.worthwhile);
    return { outcome: "rejected", reason: interval.high < 0 ? `It is worse: ${range}.` : `A gain of ${least} points is ruled out: ${range}.` }; // prettier-ignore
  }
  const partial = trial.kind === "shadow" && trial.silence === "ignored";
  const corrected = outcome === "promote" && partial && !hadSomethingToLose(seen);
  if (outcome === "promote" && !corrected) return { outcome: "promoted", reason: `It is better: ${range}.` };
  const why = corrected ? "users corrected answers and approved of hardly any, which only a canary can compare" : range;
  const hint = trial.kind === "shadow" && !corrected ? " A canary knows more: its users see both." : "";
  return evidence.users >= trial.most_users
    ? { outcome: "rejected", reason: `It is undecided, and nobody more is asked: ${why}.${hint}` }
    : { outcome: "running", reason: corrected ? `It cannot be decided so far: ${why}.` : "" };
}

/**
 * Where all that users say of the baseline's answers is how to correct them, a candidate can only gain, however bad it is:
 * nothing is known of what it would have spoilt.
 */
function hadSomethingToLose(units: readonly Unit[]): boolean {
  return units.filter(({ approved }) => approved).length >= LEAST_APPROVED * units.length;
}
