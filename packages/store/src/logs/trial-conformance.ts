import assert from "node:assert/strict";
import { type EventRow, newId, type Signal } from "@flywheel/protocol";
import { sampleGeneration } from "../../test/sample-generation.ts";
import type { LogStore } from "./index.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const UP: Signal[] = [{ type: "reward", value: 1 }];
const TRIAL = { id: "trial_1", created: NOON, baseline: "up/old", candidate: "up/new", kind: "canary", silence: "unknown", most_users: 3 } as const; // prettier-ignore

const answer = (model: string, arm: "baseline" | "candidate", unit: string, changes = {}) =>
  sampleGeneration({ time: NOON + 1, provider_name: "up", provider_model: model, trial_id: "trial_1", trial_arm: arm, trial_unit: unit, ...changes }); // prettier-ignore

const said = (generation_id: string, received: number, signals = UP): EventRow => ({ id: newId("evt"), received, time: NOON, project: "p", environment: "e", key_id: "k", name: "thumbs", generation_id, user_id: "ann", consent: "granted", origin: "", payload: "{}", signals }); // prettier-ignore

/** What every log store must know of a trial. @param store runs a test with an empty one */
export function trialConformance(store: (title: string, body: (logs: LogStore) => Promise<void>) => void): void {
  store("finds what is known of a trial's answers: what was said, what was asked again, what failed", async (logs) => {
    const [praised, silent, theirs] = [answer("old", "baseline", "a"), answer("old", "baseline", "b"), answer("old", "baseline", "c", { trial_id: "trial_2" })]; // prettier-ignore
    const shadow = answer("new", "candidate", "a", { shadow_of: praised.id });
    const failed = answer("new", "candidate", "d", { status: "error" });
    const fellBack = answer("old", "candidate", "e");
    const meaningless = answer("new", "candidate", "f");
    await logs.insert([praised, silent, theirs, shadow, failed, fellBack, meaningless], "g");
    const events = [said(praised.id, NOON + 9), said(praised.id, NOON + 7), said(theirs.id, NOON + 8), said(meaningless.id, NOON + 9, [])]; // prettier-ignore
    await logs.insertEvents(events, "e");
    const rows = await logs.trialRows(TRIAL);
    assert.deepEqual(
      new Set(rows.answers.map(({ id }) => id)),
      new Set([praised.id, shadow.id, failed.id, fellBack.id]),
    );
    const { digest } = rows.answers.find((row) => row.id === praised.id)!; // of the same text
    const { id, time, trial_arm: arm, trial_unit: unit, shadow_of, status, output_text: text } = shadow;
    assert.deepEqual(rows.answers.find((row) => row.id === id), { id, time, arm, unit, shadow_of, status, model: "up/new", text, digest }); // prettier-ignore
    assert.deepEqual(rows.events.map((event) => event.id), [events[1]!.id, events[0]!.id]); // prettier-ignore
    assert.deepEqual(rows.events[0]!.signals, UP);
  });

  store("reads of one user not more than one user may weigh", async (logs) => {
    const loud = Array.from({ length: 150 }, (_, i) => answer("new", "candidate", "loud", { time: NOON + i }));
    const quiet = answer("old", "baseline", "quiet");
    await logs.insert([...loud, quiet], "g");
    const one = Array.from({ length: 120 }, (_, i) => said(quiet.id, NOON + i));
    await logs.insertEvents([...loud.map(({ id }) => said(id, NOON + 1)), ...one], "e");
    const { answers, events } = await logs.trialRows(TRIAL);
    assert.equal(answers.filter(({ unit }) => unit === "loud").length, 100);
    assert.equal(answers.length, 101);
    assert.deepEqual(events.filter(({ generation_id }) => generation_id === quiet.id).map(({ id }) => id), one.slice(0, 100).map(({ id }) => id)); // prettier-ignore
  });

  store(
    "finds every answer of a shadow's first users where silence counts, and tells their texts apart",
    async (logs) => {
      const texts = ["yes", " y es\n", 'yes\n{"reasoning":"is it?"}', "no"];
      const shown = texts.map((output_text, i) =>
        answer("old", "baseline", `user-${i}`, { time: NOON + i, output_text }),
      );
      await logs.insert(shown, "g");
      const { answers } = await logs.trialRows({ ...TRIAL, kind: "shadow" });
      assert.deepEqual(answers.map(({ id, text }) => [id, text]), shown.slice(0, 3).map(({ id }) => [id, ""])); // prettier-ignore
      assert.equal(new Set(answers.map(({ digest }) => digest)).size, 1);
      const all = await logs.trialRows({ ...TRIAL, kind: "shadow", most_users: 4 });
      assert.notEqual(all.answers[3]!.digest, all.answers[0]!.digest);
      assert.deepEqual((await logs.trialRows({ ...TRIAL, kind: "shadow", silence: "ignored" })).answers, []);
      await logs.insertEvents([said(shown[2]!.id, NOON + 9)], "e");
      assert.equal((await logs.trialRows({ ...TRIAL, kind: "shadow" })).answers[2]!.text, "yes");
    },
  );
}
