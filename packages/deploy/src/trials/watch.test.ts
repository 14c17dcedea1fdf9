import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config, DEFAULT_CONFIG, FlywheelError, type Trial, type TrialPlan } from "@flywheel/protocol";
import { openControlStore } from "@flywheel/store/control";
import { watchTrials } from "./watch.ts";

const PLAN: TrialPlan = { route: "desk", candidate: "up/new", baseline: "up/old", kind: "canary", share: 0.5, evaluator: "reward", silence: "unknown", margin: 0, worthwhile: 0.02, most_users: 100, settle_seconds: 0 }; // prettier-ignore
const CONFIG: Config = { ...DEFAULT_CONFIG, routes: { desk: { targets: [{ provider: "up", model: "old" }] } } };

/** Watches one trial until it has ended. @param failures what looking at the rows meets first, one after the other */
async function endOf(changes: Partial<Config>, failures: Error[] = []): Promise<{ trial: Trial; notes: string[] }> {
  const control = await openControlStore(join(mkdtempSync(join(tmpdir(), "flywheel-watch-")), "control.db"));
  const notes: string[] = [];
  const trialRows = async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return { answers: [], events: [] };
  };
  const config = () => ({ ...CONFIG, ...changes });
  const { id } = await control.addTrial(PLAN);
  const watch = watchTrials({ config, control, logs: { trialRows }, note: (line) => notes.push(line), everyMs: 5 });
  try {
    for (let tries = 0; tries < 1000; tries++) {
      const trial = (await control.listTrials()).find((one) => one.id === id)!;
      if (trial.ended !== null) return { trial, notes };
      await sleep(10);
    }
    throw new Error("it never ended");
  } finally {
    watch.close();
    await control.close();
  }
}

test("a trial ends where its route is gone, also after the log store was away, and that is told", async () => {
  const { trial, notes } = await endOf({ routes: {} }, [new FlywheelError("store_unavailable"), new Error("boom")]);
  deepEqual([trial.outcome, trial.evidence?.users], ["stopped", 0]);
  match(trial.reason, /there is no route desk any more/);
  equal(notes.length, 2);
  equal(notes[0], "A trial could not be looked at: boom");
  ok(notes[1]!.includes("stopped: Nothing can be compared any more"));
});

test("a trial ends undecided when its first rows are kept no longer", async () => {
  const { trial } = await endOf({ retention: { ...DEFAULT_CONFIG.retention, days: 0 } });
  equal(trial.outcome, "rejected");
  match(trial.reason, /^It is undecided after 0 days/);
});
