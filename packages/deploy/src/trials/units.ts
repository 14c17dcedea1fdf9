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
  /** In a canary of one arm, in a shadow of both. */
  means: Partial<Record<TrialArm, number>>;
  scored: readonly ScoredAnswer[];
  /** In a shadow: whether the user was content with an answer, so that the candidate had something to lose. */
  approved: boolean;
}

export interface ScoredAnswer {
  arm: TrialArm;
  /** 0 to 1 */
  score: number;
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
  const means: Unit["means"] = {};
  for (const arm of ["baseline", "candidate"] as const) {
    const value = mean(scored.filter((one) => one.arm === arm).map(({ score }) => score));
    if (value !== undefined) means[arm] = value;
  }
  return { unit, settled, means, scored, approved: scored.some(({ arm, score }) => arm === "baseline" && score === 1) };
}

/** Where silence says something, the first answer; else the first word, and in a canary a failure is one. */
function beginning({ kind, silence }: Trial, mine: readonly Heard[]): number {
  if (kind === "shadow" && silence === "content") return Math.min(...mine.map(({ answer }) => answer.time));
  const words = mine.flatMap(({ events }) => events.map(({ received }) => received));
  const failures = kind === "canary" ? mine.flatMap(({ failed, answer }) => (failed ? [answer.time] : [])) : [];
  return Math.min(...words, ...failures);
}

/** Everybody speaks of the answers they got; a failure speaks for itself. */
function canaryScores({ evaluator }: Trial, mine: readonly Heard[]): ScoredAnswer[] {
  return mine.flatMap(({ answer, events, failed }) => {
    const score = failed ? 0 : scoreOf(evaluator, answer.text, lastWords(events));
    return score === undefined ? [] : [{ arm: answer.arm, score, failed }];
  });
}

/** What users said is right, or by their silence, is what both answers are compared with. */
function shadowScores(trial: Trial, mine: readonly Heard[]): ScoredAnswer[] {
  const byId = new Map(mine.map((one) => [one.answer.id, one]));
  return mine.flatMap((other) => {
    const shown = byId.get(other.answer.shadow_of);
    const scores = shown && pairOf(trial, shown, other.answer);
    if (!scores) return [];
    const [before, after] = scores;
    return [
      { arm: "baseline" as const, score: before, failed: false },
      { arm: "candidate" as const, score: other.failed ? 0 : after, failed: other.failed },
    ];
  });
}

function pairOf({ evaluator, silence }: Trial, shown: Heard, other: TrialAnswer): [number, number] | undefined {
  const signals = lastWords(shown.events);
  const right = rightAnswer(shown.answer.text, signals);
  if (right) return [agreement(evaluator, shown.answer.text, right), agreement(evaluator, other.text, right)];
  if (silence === "ignored") return undefined;
  // Nobody said what is right. Whoever complained was not content, and may not be with another answer.
  if (signals.length > 0) return [0, 0];
  return [1, shown.answer.digest === other.digest ? 1 : 0];
}

/** Of what one user says by one kind of event the last counts, by when it was said: events come out of order. */
function lastWords(events: readonly TrialEvent[]): Signal[] {
  const inOrder = events.toSorted((a, b) => a.time - b.time || a.received - b.received);
  const latest = new Map(inOrder.map((event) => [`${event.name}\n${event.user_id}`, event]));
  return inOrder.filter((event) => latest.get(`${event.name}\n${event.user_id}`) === event).flatMap(({ signals }) => signals); // prettier-ignore
}
