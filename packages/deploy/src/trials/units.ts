import type { Signal, Trial, TrialArm } from "@flywheel/protocol";
import type { TrialAnswer, TrialEvent, TrialRows } from "@flywheel/store/logs";
import { agreement, mean, rightAnswer, scoreOf } from "./score.ts";

/**
 * An end user in a trial. However much one asks and says, it counts once: with the mean of an arm's answers. What comes
 * after it is settled counts no more, so that nothing changes that a decision was made by.
 */
export interface Unit {
  unit: string;
  /** When the last word counted, epoch milliseconds. */
  settled: number;
  /** In a canary of one arm, in a shadow of both; what is not known counts against the candidate. */
  means: ArmMeans;
  /** The same where it counts for the candidate. */
  best: ArmMeans;
  scored: readonly ScoredAnswer[];
  /** In a shadow: whether the user was content with an answer, so that the candidate had something to lose. */
  approved: boolean;
}

export type ArmMeans = Partial<Record<TrialArm, number>>;

export interface ScoredAnswer {
  arm: TrialArm;
  /** 0 to 1; what is not known counts against the candidate. */
  score: number;
  /** The same where it counts for the candidate. */
  best: number;
  /** The arm's model did not give it. */
  failed: boolean;
}

/** An answer with what was said of it. */
interface Heard {
  answer: TrialAnswer;
  events: readonly TrialEvent[];
  failed: boolean;
}

/** Everybody who had their say, in the order in which they were done with it. */
export function unitsOf(trial: Trial, { answers, events }: TrialRows): Unit[] {
  const said = Map.groupBy(events, ({ generation_id }) => generation_id);
  const users = Map.groupBy(
    answers.map((answer) => ({ answer, events: said.get(answer.id) ?? [], failed: hasFailed(trial, answer) })),
    ({ answer }) => answer.unit,
  );
  return [...users]
    .map(([unit, mine]) => unitOf(trial, unit, mine))
    .filter(({ scored }) => scored.length > 0)
    .toSorted((a, b) => a.settled - b.settled || (a.unit < b.unit ? -1 : 1));
}

/** Where another than the arm's model had to answer, or none could. */
function hasFailed({ baseline, candidate }: Trial, { arm, model, status }: TrialAnswer): boolean {
  if (status === "error" || status === "partial") return true;
  return status === "ok" && model !== (arm === "candidate" ? candidate : baseline);
}

function unitOf(trial: Trial, unit: string, mine: readonly Heard[]): Unit {
  const settled = beginning(trial, mine) + trial.settle_seconds * 1000;
  const heard = mine
    .filter(({ answer }) => answer.time <= settled)
    .map((one) => ({ ...one, events: one.events.filter(({ received }) => received <= settled) }));
  const scored = trial.kind === "canary" ? canaryScores(trial, heard) : shadowScores(trial, heard);
  const means = meansOf(scored, ({ score }) => score);
  const approved = scored.some(({ arm, score }) => arm === "baseline" && score === 1);
  return { unit, settled, means, best: meansOf(scored, ({ best }) => best), scored, approved };
}

function meansOf(scored: readonly ScoredAnswer[], value: (one: ScoredAnswer) => number): ArmMeans {
  return Object.fromEntries(
    [...Map.groupBy(scored, ({ arm }) => arm)].map(([arm, mine]) => [arm, mean(mine.map(value))]),
  );
}

/** Where silence says something, the first answer; else the first word, and in a canary a failure is one. */
function beginning({ kind, silence }: Trial, mine: readonly Heard[]): number {
  if (kind === "shadow" && silence === "unknown") return Math.min(...mine.map(({ answer }) => answer.time));
  const words = mine.flatMap(({ events }) => events.map(({ received }) => received));
  const failures = kind === "canary" ? mine.flatMap(({ failed, answer }) => (failed ? [answer.time] : [])) : [];
  return Math.min(...words, ...failures);
}

/** Everybody speaks of the answers they got; a failure speaks for itself. */
function canaryScores({ evaluator }: Trial, mine: readonly Heard[]): ScoredAnswer[] {
  return mine.flatMap(({ answer, events, failed }) => {
    const score = failed ? 0 : scoreOf(evaluator, answer.text, lastWords(events));
    return score === undefined ? [] : [{ arm: answer.arm, score, best: score, failed }];
  });
}

/** What users said is right is what both answers are compared with. */
function shadowScores(trial: Trial, mine: readonly Heard[]): ScoredAnswer[] {
  const byId = new Map(mine.map((one) => [one.answer.id, one]));
  return mine.flatMap((other) => {
    const shown = byId.get(other.answer.shadow_of);
    const pair = shown && pairOf(trial, shown, other);
    if (!pair) return [];
    const { failed } = other;
    return [
      { arm: "baseline" as const, score: pair.worst[0], best: pair.best[0], failed: false },
      { arm: "candidate" as const, score: failed ? 0 : pair.worst[1], best: failed ? 0 : pair.best[1], failed },
    ];
  });
}

/** The scores of what was shown and of the other, where all that is not known is against the other, and for it. */
interface Pair {
  worst: readonly [number, number];
  best: readonly [number, number];
}

const SAME: Pair = { worst: [1, 1], best: [1, 1] };
const EITHER: Pair = { worst: [1, 0], best: [0, 1] };
const WRONG: Pair = { worst: [0, 0], best: [0, 0] };
const PERHAPS_RIGHT: Pair = { worst: [0, 0], best: [0, 1] };

function pairOf({ evaluator, silence }: Trial, shown: Heard, other: Heard): Pair | undefined {
  const signals = lastWords(shown.events);
  const right = rightAnswer(shown.answer.text, signals);
  if (right) {
    const scores = [shown, other].map(({ answer }) => agreement(evaluator, answer.text, right)) as [number, number];
    return { worst: scores, best: scores };
  }
  if (silence === "ignored") return undefined;
  const isSame = !other.failed && shown.answer.digest === other.answer.digest;
  const hasComplained = signals.length > 0;
  return hasComplained ? (isSame ? WRONG : PERHAPS_RIGHT) : isSame ? SAME : EITHER;
}

/** Of what one user says by one kind of event the last counts, by when it was said: events come out of order. */
function lastWords(events: readonly TrialEvent[]): Signal[] {
  const inOrder = events.toSorted((a, b) => a.time - b.time || a.received - b.received);
  const latest = new Map(inOrder.map((event) => [`${event.name}\n${event.user_id}`, event]));
  return inOrder.filter((event) => latest.get(`${event.name}\n${event.user_id}`) === event).flatMap(({ signals }) => signals); // prettier-ignore
}
