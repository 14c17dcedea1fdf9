import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { BeginHead, RouteTrial } from "@flywheel/protocol";
import { startUpstream, type ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { chatBody, type RunningGateway, send, startGateway } from "../test/running-gateway.ts";
import { canaryPart } from "./trial.ts";

let upstream: ScriptedUpstream;
before(async () => (upstream = await startUpstream()));
after(() => upstream.close());
beforeEach(() => void (upstream.seen.length = 0));

const CANARY: RouteTrial = {
  id: "trial_1",
  kind: "canary",
  share: 0.3,
  salt: "salt",
  candidate: { provider: "up", model: "candidate" },
};

/** A gateway whose route `mine` is on trial. */
async function withTrial(trial: Partial<RouteTrial>, run: (running: RunningGateway) => Promise<void>): Promise<void> {
  const provider = { base_url: `${upstream.origin}/v1`, api_key_env: "", headers: {}, models: [] };
  const targets = [{ provider: "up", model: "baseline" }];
  const running = await startGateway({
    providers: { up: provider },
    routes: { mine: { targets, trial: { ...CANARY, ...trial } } },
  });
  try {
    await run(running);
  } finally {
    await running.stop();
  }
}

const asked = (): string[] => upstream.seen.map(({ body }) => (JSON.parse(body) as { model: string }).model);
const begins = ({ recorder }: RunningGateway): BeginHead[] =>
  recorder.log.filter(({ kind }) => kind === "begin").map(({ head }) => head as BeginHead);

describe("a canary", () => {
  test("gives the candidate to its share of the users, independently of the next canary's", () => {
    const users = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
    const isIn = (trial: RouteTrial) => users.map((user) => canaryPart(trial, user).arm === "candidate");
    const [first, second] = [isIn(CANARY), isIn({ ...CANARY, salt: "another" })];
    const share = (list: boolean[]) => list.filter(Boolean).length / list.length;
    // Four standard errors.
    assert.ok(Math.abs(share(first) - 0.3) < 0.013, `${share(first)}`);
    assert.ok(Math.abs(share(first.filter((_, i) => second[i])) - 0.3) < 0.024, "independent");
    assert.equal(new Set(users.map((user) => canaryPart(CANARY, user).unit)).size, users.length);
  });

  test("keeps every user with the model that was theirs first, and the record says which and why", async () => {
    await withTrial({}, async (running) => {
      for (let round = 0; round < 2; round++)
        for (let i = 0; i < 8; i++) {
          const named = i % 2 === 0 ? { user: `user-${i}` } : {};
          const headers: Record<string, string> = i % 2 === 0 ? {} : { "flywheel-user-id": `user-${i}` };
          assert.equal((await send({ port: running.port, headers, body: chatBody("mine", named) })).status, 200);
        }
      const expected = Array.from({ length: 8 }, (_, i) => canaryPart(CANARY, `user-${i}`));
      assert.deepEqual([...new Set(expected.map(({ arm }) => arm))].toSorted(), ["baseline", "candidate"]);
      assert.deepEqual(begins(running).map(({ trial }) => trial), [...expected, ...expected]); // prettier-ignore
      assert.deepEqual(asked().slice(0, 8), expected.map(({ arm }) => arm)); // prettier-ignore
      assert.deepEqual(asked().slice(8), asked().slice(0, 8));
      const reasons = running.recorder.ends().map(({ attempts }) => attempts[0]!.reason);
      assert.deepEqual(reasons.slice(0, 8), expected.map(({ arm }) => (arm === "candidate" ? "canary" : "first"))); // prettier-ignore
    });
  });

  test("takes those who name no user by their key", async () => {
    await withTrial({}, async (running) => {
      for (let i = 0; i < 3; i++) await send({ port: running.port, body: chatBody("mine") });
      const [unit, ...others] = begins(running).map(({ trial }) => trial!.unit);
      assert.deepEqual(others, [unit, unit]);
      assert.equal(unit, canaryPart(CANARY, "key_1").unit);
    });
  });

  test("falls back to the others where the candidate fails, and the record keeps whose turn it was", async () => {
    const failing = { share: 0.999, candidate: { provider: "up", model: "500" } };
    await withTrial(failing, async (running) => {
      assert.equal((await send({ port: running.port, body: chatBody("mine", { user: "someone" }) })).status, 200);
      assert.deepEqual(asked(), ["500", "baseline"]);
      assert.equal(begins(running)[0]!.trial!.arm, "candidate");
      const [end] = running.recorder.ends();
      assert.deepEqual([end!.model, end!.status], ["baseline", "ok"]);
      assert.deepEqual(end!.attempts.map(({ reason }) => reason), ["canary", "fallback"]); // prettier-ignore
    });
  });
});
