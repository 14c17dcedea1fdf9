import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { BeginHead, RouteTrial } from "@flywheel/protocol";
import { setTimeout as sleep } from "node:timers/promises";
import { startUpstream, type ScriptedUpstream } from "../../../tests/upstream/server.ts";
import type { GatewayOptions } from "./index.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
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
async function withTrial(
  trial: Partial<RouteTrial>,
  run: (running: RunningGateway) => Promise<void>,
  options: Partial<GatewayOptions> = {},
  path = "/v1",
): Promise<void> {
  const provider = { base_url: upstream.origin + path, api_key_env: "", headers: {}, models: [] };
  const targets = [{ provider: "up", model: "baseline" }];
  const routes = { mine: { targets, trial: { ...CANARY, ...trial } } };
  const running = await startGateway({ providers: { up: provider }, routes }, options);
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

  test("knows a user by the field of any dialect", async () => {
    await withTrial({}, async (running) => {
      const { port } = running;
      const more = { max_tokens: 9, input: "hi" };
      await send({ port, body: chatBody("mine", { safety_identifier: "ann" }) });
      await send({ port, path: "/v1/responses", body: chatBody("mine", { ...more, user: "ann" }) });
      await send({ port, path: "/v1/messages", body: chatBody("mine", { ...more, metadata: { user_id: "ann" } }) });
      assert.deepEqual(begins(running).map(({ user_id }) => user_id), ["ann", "ann", "ann"]); // prettier-ignore
      assert.equal(new Set(begins(running).map(({ trial }) => trial!.unit)).size, 1);
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

async function eventually(check: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500 && !check(); i++) await sleep(10);
  assert.ok(check(), what);
}

const SHADOW: Partial<RouteTrial> = { kind: "shadow", share: 1 };
const HANG = (): void => {};

describe("a shadow", () => {
  test("is asked the same when its client has the answer, as a generation of its own", async () => {
    await withTrial(SHADOW, async (running) => {
      const body = chatBody("mine", { user: "ann", temperature: 0.5 });
      const answer = await send({ port: running.port, body });
      assert.equal((JSON.parse(answer.text) as { model: string }).model, "baseline");
      await eventually(() => running.recorder.ends().length === 2, "the shadow's end");
      assert.deepEqual(asked(), ["baseline", "candidate"]);
      assert.deepEqual(
        upstream.seen.map((seen) => ({ ...(JSON.parse(seen.body) as object), model: "" })),
        Array.from({ length: 2 }, () => ({ ...(JSON.parse(body) as object), model: "" })),
      );
      const [shown, shadow] = begins(running);
      assert.equal(shown!.id, answer.headers["flywheel-generation-id"]);
      assert.deepEqual([shown!.shadow_of, shadow!.shadow_of], [undefined, shown!.id]);
      assert.deepEqual([shown!.trial!.arm, shadow!.trial!.arm], ["baseline", "candidate"]);
      assert.deepEqual([shadow!.trial!.unit, shadow!.user_id, shadow!.route], [shown!.trial!.unit, "ann", "mine"]);
      const end = running.recorder.ends()[1]!;
      assert.deepEqual([end.status, end.model, end.attempts[0]!.reason, end.cache], ["ok", "candidate", "shadow", "off"]); // prettier-ignore
      const order = running.recorder.log.map(({ kind, head }) => `${kind} ${head.model}`);
      assert.deepEqual(order, ["begin baseline", "end baseline", "begin candidate", "end candidate"]);
    });
  });

  test("reads a whole stream, and is not asked where the client went away", async () => {
    await withTrial(SHADOW, async (running) => {
      const whole = await send({ port: running.port, body: chatBody("mine", { stream: true }) });
      assert.match(whole.text, /data: \[DONE\]\s*$/);
      await eventually(() => running.recorder.ends().length === 2, "the shadow's end");
      const raws = running.recorder.log.filter(({ kind }) => kind === "end").map(({ raw }) => raw);
      assert.equal(raws[1], raws[0]!.replaceAll('"baseline"', '"candidate"'));
      upstream.script = { baseline: [HANG] };
      await assert.rejects(
        fetch(`http://127.0.0.1:${running.port}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: "Bearer fw_dev_test" },
          body: chatBody("mine", { stream: true }),
          signal: AbortSignal.timeout(100),
        }),
      );
      await eventually(() => running.recorder.ends().length === 3, "the abort");
      assert.equal(running.recorder.ends()[2]!.status, "client_aborted");
      assert.equal(begins(running).length, 3);
    });
  });

  test("that hangs or fails delays nobody, and takes no more than its place", async () => {
    const shadow = { ...DEFAULT_LIMITS.shadow, at_once: 2, waiting: 3 };
    const limits = { shadow, timeouts: { ...DEFAULT_LIMITS.timeouts, first_byte_whole: 60_000 } };
    await withTrial(
      SHADOW,
      async (running) => {
        upstream.script = { candidate: Array.from({ length: 20 }, () => HANG) };
        for (let i = 0; i < 10; i++)
          assert.equal((await send({ port: running.port, body: chatBody("mine") })).status, 200);
        assert.equal(running.recorder.ends().length, 10, "every client has its answer, no shadow its own");
        await eventually(() => asked().filter((model) => model === "candidate").length === 2, "two at once");
        assert.equal(running.gateway.active(), 0, "no call of a client is open");
        upstream.script = {};
      },
      { limits },
    );
  });

  test("is cut short where the gateway stops, and says so", async () => {
    upstream.script = { candidate: [HANG] };
    let recorder: RunningGateway["recorder"] | undefined;
    await withTrial(SHADOW, async (running) => {
      ({ recorder } = running);
      await send({ port: running.port, body: chatBody("mine") });
      await eventually(() => asked().includes("candidate"), "the shadow");
    });
    await eventually(() => recorder!.ends().length === 2, "the shadow's end");
    const end = recorder!.ends()[1]!;
    assert.deepEqual([end.status, end.error!.code], ["error", "shutting_down"]);
  });

  test("does not count against a target for clients", async () => {
    const circuit = { ...DEFAULT_LIMITS.circuit, volume: 2 };
    const limits = { circuit };
    await withTrial(
      { ...SHADOW, candidate: { provider: "up", model: "500" } },
      async (running) => {
        for (let i = 0; i < 4; i++) await send({ port: running.port, body: chatBody("mine") });
        await eventually(() => running.recorder.ends().length === 8, "four shadows");
        assert.equal((await send({ port: running.port, body: chatBody("up/500") })).status, 500);
        const { attempts } = running.recorder.ends().at(-1)!;
        assert.deepEqual(attempts.map(({ reason }) => reason), ["first"]); // prettier-ignore
      },
      { limits },
    );
  });

  test("of a model on this machine waits until no client is being answered", async () => {
    const resolveLocal: GatewayOptions["resolveLocal"] = (_, done) => done(undefined, { origin: upstream.origin, headers: [] }); // prettier-ignore
    await withTrial(
      { ...SHADOW, candidate: { provider: "local", model: "spark" } },
      async (running) => {
        let release: () => void = HANG;
        upstream.script = { baseline: [({ res }) => void (release = () => res.writeHead(400).end("{}"))] };
        const slow = send({ port: running.port, body: chatBody("mine") });
        await eventually(() => asked().length === 1, "the slow one");
        await send({ port: running.port, body: chatBody("mine") });
        await sleep(50);
        assert.deepEqual(asked(), ["baseline", "baseline"]);
        release();
        await slow;
        await eventually(() => asked().includes("spark"), "the shadow, when nobody is left");
      },
      { resolveLocal },
    );
  });

  test("of a typed endpoint is held to the type, and is told nothing of the other's mistakes", async () => {
    const output = { type: "object", properties: { queue: { enum: ["cards", "billing"] } }, required: ["queue"], additionalProperties: false }; // prettier-ignore
    const triage = { name: "triage", file: "", description: "", model: "mine", input: { type: "string" }, output, examples: [] }; // prettier-ignore
    const endpoints: GatewayOptions["endpoints"] = {
      build: () => ({ id: "1", endpoints: [triage] }),
      renderPrompt: async (_build, _name, input) => [{ role: "user", content: String(input) }],
    };
    await withTrial(
      SHADOW,
      async (running) => {
        upstream.says = ['{"queue":"nowhere"}', '{"queue":"cards"}', '{"queue":"billing"}'];
        const { text } = await send({ port: running.port, path: "/endpoints/triage", body: '"hello"' });
        assert.deepEqual(JSON.parse(text), { queue: "cards" });
        await eventually(() => running.recorder.ends().length === 2, "the shadow's end");
        assert.deepEqual(asked(), ["baseline", "baseline", "candidate"]);
        const messages = upstream.seen.map(({ body }) => (JSON.parse(body) as { messages: object[] }).messages.length);
        assert.ok(messages[1]! > messages[0]!, "the baseline was told of its mistake");
        assert.equal(messages[2], messages[0]);
        assert.equal(running.recorder.ends()[1]!.status, "ok");
      },
      { endpoints },
      "/fixtures",
    );
  });
});
