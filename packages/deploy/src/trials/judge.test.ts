import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { createRandom } from "@flywheel/evals/statistics";
import type { Signal, Trial, TrialArm } from "@flywheel/protocol";
import type { TrialAnswer, TrialEvent, TrialRows } from "@flywheel/store/logs";
import { judgeTrial } from "./judge.ts";

const START = Date.UTC(2026, 10, 23);
const LATER = START + 86_400_000;

const TRIAL: Trial = {
  id: "trial_1", route: "desk", candidate: "up/new", baseline: "up/old", kind: "canary", share: 0.5, evaluator: "reward", silence: "unknown",
  margin: 0, worthwhile: 0.02, most_users: 200, settle_seconds: 60, created: START, ended: null, outcome: null, reason: "", evidence: null, promotion: null,
}; // prettier-ignore
const SHADOW: Trial = { ...TRIAL, kind: "shadow", evaluator: "exact", silence: "ignored" };

/** Rows as they come in, of one trial. */
class Traffic {
  readonly rows: TrialRows = { answers: [], events: [] };
  #count = 0;

  answer(unit: string, arm: TrialArm, changes: Partial<TrialAnswer> = {}): string {
    const id = `gen_${++this.#count}`;
    const model = arm === "candidate" ? "up/new" : "up/old";
    this.rows.answers.push({ id, time: START + this.#count * 1000, arm, unit, shadow_of: "", status: "ok", model, text: "yes", digest: changes.text ?? "yes", ...changes }); // prettier-ignore
    return id;
  }

  say(generation_id: string, signal: Signal, changes: Partial<TrialEvent> = {}): void {
    const time = START + ++this.#count * 1000;
    this.rows.events.push({ id: `evt_${this.#count}`, generation_id, received: time, time, name: "thumbs", user_id: "", signals: [signal], ...changes }); // prettier-ignore
  }

  praise(unit: string, arm: TrialArm, value: number): void {
    this.say(this.answer(unit, arm), { type: "reward", value });
  }

  /** What the baseline said and the candidate would have said, and what was right. */
  pair(unit: string, old: string, candidate: string, right: Signal): void {
    const shown = this.answer(unit, "baseline", { text: old });
    this.answer(unit, "candidate", { text: candidate, shadow_of: shown });
    this.say(shown, right);
  }
}

/** Every user speaks once; how many of each arm's are content. */
function canaryOf(users: number, seed: number, content: Record<TrialArm, number>): TrialRows {
  const random = createRandom(seed);
  const traffic = new Traffic();
  for (let i = 0; i < users; i++) {
    const arm = random.uniform() < 0.5 ? "candidate" : "baseline";
    traffic.praise(`user-${i}`, arm, random.uniform() < content[arm] ? 1 : -1);
  }
  return traffic.rows;
}

const demonstration = (text: string): Signal => ({ type: "demonstration", text });
const thumbs = (value: number): Signal => ({ type: "reward", value });

describe("a canary's decision", () => {
  test("promotes the better, rejects the worse, and seldom promotes what is no better", () => {
    const outcomeOf = (seed: number, content: Record<TrialArm, number>) =>
      judgeTrial(TRIAL, canaryOf(200, seed, content), LATER);
    equal(outcomeOf(1, { baseline: 0.4, candidate: 0.95 }).outcome, "promoted");
    match(outcomeOf(2, { baseline: 0.95, candidate: 0.4 }).reason, /^A gain of 2\.0 points is ruled out: -\d/);
    const same = Array.from({ length: 60 }, (_, seed) => outcomeOf(seed, { baseline: 0.7, candidate: 0.7 }));
    ok(same.filter(({ outcome }) => outcome === "promoted").length <= 4);
    match(same.find(({ reason }) => reason.startsWith("It is undecided"))!.reason, /by what 200 users said\.$/);
  });

  test("is the same however the rows are ordered, and whatever comes after it", () => {
    const { answers, events } = canaryOf(200, 1, { baseline: 0.1, candidate: 0.9 });
    const decided = judgeTrial(TRIAL, { answers, events }, LATER);
    ok(decided.outcome === "promoted" && decided.evidence.users < 100);
    deepEqual(judgeTrial(TRIAL, { answers: answers.toReversed(), events: events.toReversed() }, LATER), decided);
    const until = events.slice(0, decided.evidence.users);
    deepEqual(judgeTrial(TRIAL, { answers, events: until }, LATER), decided);
  });

  test("counts a user once, however much one asks and says", () => {
    const traffic = new Traffic();
    for (let i = 0; i < 40; i++) traffic.praise("loud", "candidate", 1);
    for (let i = 0; i < 3; i++) traffic.praise(`user-${i}`, "baseline", 1);
    const { evidence, outcome } = judgeTrial(TRIAL, traffic.rows, LATER);
    deepEqual([evidence.users, outcome], [4, "running"]);
  });

  test("holds an answer that the arm's model did not give against it, whatever was said of it", () => {
    const traffic = new Traffic();
    traffic.say(traffic.answer("a", "candidate", { model: "up/old" }), thumbs(1));
    traffic.answer("b", "candidate", { status: "error", model: "up/new" });
    traffic.say(traffic.answer("c", "baseline"), thumbs(1));
    const { evidence } = judgeTrial(TRIAL, traffic.rows, LATER);
    deepEqual(evidence.means, { baseline: 1, candidate: 0 });
    deepEqual(evidence.failures, { baseline: 0, candidate: 2 });
  });

  test("takes the last word, by when it was said, until the user is settled", () => {
    const traffic = new Traffic();
    const id = traffic.answer("a", "candidate");
    const at = (seconds: number) => ({ time: START + seconds * 1000, received: START + seconds * 1000 });
    traffic.say(id, thumbs(1), at(20));
    traffic.say(id, thumbs(-1), { time: START + 10_000, received: START + 30_000 });
    traffic.say(id, thumbs(-1), at(90));
    equal(judgeTrial(TRIAL, traffic.rows, START + 79_000).evidence.users, 0);
    const { users, means } = judgeTrial(TRIAL, traffic.rows, LATER).evidence;
    deepEqual([users, means.candidate], [1, 1]);
  });

  test("does not change what a settled user said by what happens to them later", () => {
    const traffic = new Traffic();
    traffic.praise("a", "candidate", 1);
    const { means } = judgeTrial(TRIAL, traffic.rows, LATER).evidence;
    traffic.answer("a", "candidate", { status: "error", time: START + 90_000 });
    traffic.say(traffic.answer("a", "candidate"), thumbs(-1), { received: START + 90_000 });
    deepEqual(judgeTrial(TRIAL, traffic.rows, LATER).evidence.means, means);
  });

  test("understands corrections and labels", () => {
    const means = (evaluator: Trial["evaluator"], text: string, signal: Signal) => {
      const traffic = new Traffic();
      traffic.say(traffic.answer("a", "candidate", { text }), signal);
      return judgeTrial({ ...TRIAL, evaluator }, traffic.rows, LATER).evidence.means.candidate;
    };
    equal(means("reward", '{"a":1, "b":2}', demonstration('{"b":2,"a":1}')), 1);
    equal(means("reward", "The card is on its way.", demonstration("The card is lost.")), 0);
    equal(means("similar", "The card is on its way.", demonstration("the card is lost")), 0.6);
    equal(means("similar", '{"a":1,"b":3}', demonstration('{"a":1,"b":2}')), 0.5);
    equal(means("exact", '{"a":1,"b":2}', demonstration('{"a":1}')), 0);
    equal(means("exact", '{"queue":"cards","urgent":true}', { type: "label", labels: { queue: "cards" } }), 1);
    equal(means("exact", "cards", { type: "label", labels: { queue: "cards" } }), 0);
    equal(means("exact", "cards", thumbs(1)), null);
  });
});

describe("a shadow's decision", () => {
  test("compares both answers with the one that the user said is right", () => {
    const traffic = new Traffic();
    for (let i = 0; i < 60; i++) {
      if (i % 2) traffic.pair(`user-${i}`, "cards", "billing", demonstration("billing"));
      else traffic.pair(`user-${i}`, "cards", "cards", thumbs(1));
    }
    const { outcome, evidence } = judgeTrial(SHADOW, traffic.rows, LATER);
    equal(outcome, "promoted");
    equal(evidence.means.candidate, 1);
  });

  test("rejects one that spoils what users approved of", () => {
    const traffic = new Traffic();
    for (let i = 0; i < 60; i++) traffic.pair(`user-${i}`, "cards", i % 4 ? "billing" : "cards", thumbs(1));
    const { outcome, evidence } = judgeTrial(SHADOW, traffic.rows, LATER);
    deepEqual([outcome, evidence.means.baseline], ["rejected", 1]);
  });

  test("is not taken in by users who only correct: nothing they say could speak against the candidate", () => {
    const traffic = new Traffic();
    for (let i = 0; i < 200; i++) traffic.pair(`user-${i}`, "cards", i % 3 ? "nonsense" : "billing", demonstration("billing")); // prettier-ignore
    const some = judgeTrial({ ...SHADOW, most_users: 1000 }, traffic.rows, LATER);
    deepEqual([some.outcome, some.evidence.difference.low! > 0], ["running", true]);
    match(some.reason, /only a canary can compare/);
  });

  test("counts a candidate that could not answer as wrong, and leaves out what it was not asked", () => {
    const traffic = new Traffic();
    const shown = traffic.answer("a", "baseline");
    traffic.answer("a", "candidate", { status: "error", shadow_of: shown });
    traffic.say(shown, thumbs(1));
    traffic.say(traffic.answer("b", "baseline"), thumbs(1));
    const { evidence } = judgeTrial(SHADOW, traffic.rows, LATER);
    deepEqual([evidence.users, evidence.means, evidence.failures.candidate], [1, { baseline: 1, candidate: 0 }, 1]);
  });

  test("knows of those who say nothing only where both answers are the same, unless it is told to leave them out", () => {
    const traffic = new Traffic();
    const quiet = (unit: string, text: string) =>
      traffic.answer(unit, "candidate", { text, shadow_of: traffic.answer(unit, "baseline") });
    for (let i = 0; i < 60; i++) quiet(`user-${i}`, i % 3 ? "yes" : "no");
    const open = judgeTrial({ ...SHADOW, silence: "unknown" }, traffic.rows, LATER);
    const { users, difference } = open.evidence;
    deepEqual([open.outcome, users], ["running", 60]);
    ok(difference.low! < -1 / 3 && difference.high! > 1 / 3);
    equal(judgeTrial(SHADOW, traffic.rows, LATER).evidence.users, 0);
    for (let i = 60; i < 200; i++) quiet(`user-${i}`, "yes");
    match(judgeTrial({ ...SHADOW, silence: "unknown" }, traffic.rows, LATER).reason, /undecided.* A canary knows more/);
  });

  test("promotes what is better whatever the silent think, and does not take a complaint for praise of the other", () => {
    const traffic = new Traffic();
    for (let i = 0; i < 100; i++) {
      if (i % 10 === 0)
        traffic.answer(`user-${i}`, "candidate", { text: "no", shadow_of: traffic.answer(`user-${i}`, "baseline") }); // prettier-ignore
      else if (i % 2) traffic.pair(`user-${i}`, "cards", "billing", demonstration("billing"));
      else traffic.pair(`user-${i}`, "cards", "billing", thumbs(-1));
    }
    const { outcome, evidence } = judgeTrial({ ...SHADOW, silence: "unknown" }, traffic.rows, LATER);
    equal(outcome, "promoted");
    ok(evidence.means.candidate! < 0.6 && evidence.difference.high! > 0.8);
  });
});
