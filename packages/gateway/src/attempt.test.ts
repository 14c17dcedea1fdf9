import assert from "node:assert/strict";
import http from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { APIError } from "openai";
import { DEFAULT_CONFIG } from "@flywheel/protocol";
import type { Attempt, Config, EndHead, RouteConfig } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";
import { contentEvents } from "../../../tests/upstream/answers.ts";
import { FAULTS } from "../../../tests/upstream/faults.ts";
import type { Fault } from "../../../tests/upstream/faults.ts";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { SECRET, chatBody, send, startGateway } from "../test/running-gateway.ts";
import type { Answer, RunningGateway } from "../test/running-gateway.ts";
import type { GatewayOptions } from "./index.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

let upstream: ScriptedUpstream;
before(async () => {
  upstream = await startUpstream();
});
after(() => upstream.close());
beforeEach(() => {
  upstream.seen.length = 0;
  upstream.script = {};
});

const RETRY = { ...DEFAULT_LIMITS.retry, base_ms: 10 };
const PATIENT = { connect: 500, first_byte: 3000, first_byte_whole: 3000, idle: 3000, total: 20_000 };
const CIRCUIT = { window_ms: 60_000, volume: 4, share: 0.5, open_ms: 300, longest_open_ms: 300 };

const target = (model: string, provider = "up") => ({ provider, model });

function configOf(route: RouteConfig, address = `${upstream.origin}/v1`): Config {
  const provider = (base_url: string, api_key_env = "") => ({ base_url, api_key_env, headers: {}, models: [] });
  return {
    ...DEFAULT_CONFIG,
    providers: {
      up: provider(address),
      also: provider(`${upstream.origin}/v1`),
      keyed: provider(`${upstream.origin}/v1`, "MISSING_KEY"),
      gone: provider("http://127.0.0.1:9/v1"),
    },
    routes: { ...DEFAULT_CONFIG.routes, mine: route },
  };
}

/** A gateway with one route, `mine`, for the length of a test. */
async function withRoute(
  route: RouteConfig,
  options: Partial<GatewayOptions>,
  run: (running: RunningGateway) => Promise<void>,
): Promise<void> {
  const limits = { timeouts: PATIENT, retry: RETRY, ...options.limits };
  const running = await startGateway(configOf(route), { ...options, limits });
  try {
    await run(running);
  } finally {
    await running.stop();
  }
}

const chat = ({ port }: RunningGateway, model = "mine", extra: object = {}): Promise<Answer> =>
  send({ port, body: chatBody(model, extra) });

const ends = ({ recorder }: RunningGateway): EndHead[] => recorder.ends();
const attempts = (running: RunningGateway, index = 0): Attempt[] => ends(running)[index]!.attempts;
/** Such as `up/ok retry` */
const story = (list: readonly Attempt[]): string[] =>
  list.map(({ provider, model, reason }) => `${provider}/${model} ${reason}`);
const asked = (): string[] => upstream.seen.map(({ body }) => (JSON.parse(body) as { model: string }).model);

function refuse(status: number, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({ error: { message: "not now", type: "scripted", param: null, code: "scripted" } });
  return ({ res }) => res.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}

async function eventually(check: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500 && !check(); i++) await sleep(10);
  assert.ok(check(), `never happened: ${what}`);
}

describe("a target with a weight", () => {
  test("is asked first as often as it weighs, and the others step in in order", async () => {
    let seed = 20_261_123;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const targets = [
      { ...target("500"), weight: 1 },
      { ...target("ok"), weight: 3 },
      { ...target("okay", "also"), weight: 0 },
    ];
    await withRoute({ targets, retries: 0 }, { random }, async (running) => {
      const calls = 400;
      for (let i = 0; i < calls; i++) assert.equal((await chat(running)).status, 200);
      const firsts = ends(running).map(({ attempts: [first] }) => first!);
      assert.ok(firsts.every(({ reason }) => reason === "weight"));
      const share = firsts.filter(({ model }) => model === "ok").length / calls;
      assert.ok(share > 0.68 && share < 0.82, `asked first in ${share} of the calls`);
      const fallback = ends(running).find((end) => end.attempts.length > 1)!;
      assert.deepEqual(story(fallback.attempts), ["up/500 weight", "up/ok fallback"]);
    });
  });
});

describe("a target without a key", () => {
  test("is passed over, and the row says what to set", async () => {
    await withRoute({ targets: [target("big", "keyed"), target("ok")] }, {}, async (running) => {
      assert.equal((await chat(running)).status, 200);
      assert.deepEqual(story(attempts(running)), ["up/ok fallback"]);
      assert.deepEqual(attempts(running)[0]!.passed_over, [
        { provider: "keyed", model: "big", why: "unavailable", message: "set MISSING_KEY" },
      ]);
    });
  });

  test("is named only where it was its turn", async () => {
    const targets = [
      target("500"),
      target("big", "keyed"),
      target("lost", "nobody"),
      target("ok"),
      target("x", "keyed"),
    ];
    await withRoute({ targets, retries: 0 }, {}, async (running) => {
      await chat(running);
      const [first, second] = attempts(running);
      assert.deepEqual(story([first!, second!]), ["up/500 first", "up/ok fallback"]);
      assert.equal(first!.passed_over, undefined);
      assert.deepEqual(
        second!.passed_over!.map(({ message }) => message),
        ["set MISSING_KEY", "there is no provider nobody"],
      );
    });
  });

  test("is named where its weight would have counted", async () => {
    const targets = [
      { ...target("ok"), weight: 1 },
      { ...target("big", "keyed"), weight: 9 },
    ];
    await withRoute({ targets }, {}, async (running) => {
      await chat(running);
      assert.deepEqual(story(attempts(running)), ["up/ok weight"]);
      assert.equal(attempts(running)[0]!.passed_over![0]!.message, "set MISSING_KEY");
    });
  });
});

describe("a failure that may pass", () => {
  const faults: [what: string, fault: Fault][] = [
    ["500", refuse(500)],
    ["529", refuse(529)],
    ["429", refuse(429)],
    ["408", refuse(408)],
    ["409", refuse(409)],
    ["a reset connection", FAULTS["reset-before-head"]],
    ["half a body", FAULTS["truncated-body"]],
  ];
  for (const [what, fault] of faults) {
    test(`is followed by another try at the same target: ${what}`, async () => {
      upstream.script = { flaky: [fault, fault] };
      await withRoute({ targets: [target("flaky"), target("ok")] }, {}, async (running) => {
        const answer = await chat(running);
        assert.equal(answer.status, 200);
        assert.deepEqual(story(attempts(running)), ["up/flaky first", "up/flaky retry", "up/flaky retry"]);
        assert.ok(
          attempts(running)
            .slice(1)
            .every(({ waited_ms }) => waited_ms! >= 0),
        );
        assert.equal(answer.headers["x-should-retry"], undefined);
        assert.equal(ends(running).length, 1);
      });
    });
  }

  test("is tried again before a stream begins, too", async () => {
    upstream.script = { flaky: [FAULTS["error-first"]] };
    await withRoute({ targets: [target("flaky")] }, {}, async (running) => {
      const answer = await chat(running, "mine", { stream: true });
      assert.ok(answer.text.startsWith(contentEvents("flaky").join("")));
      assert.deepEqual(story(attempts(running)), ["up/flaky first", "up/flaky retry"]);
    });
  });

  test("is waited for as long as the provider asks", async () => {
    const times: number[] = [];
    upstream.onRequest = () => times.push(performance.now());
    upstream.script = { flaky: [refuse(429, { "retry-after-ms": "150" }), refuse(503, { "retry-after": "1" })] };
    await withRoute({ targets: [target("flaky")] }, {}, async (running) => {
      assert.equal((await chat(running)).status, 200);
      assert.ok(times[1]! - times[0]! >= 149, `${times[1]! - times[0]!}`);
      assert.ok(times[2]! - times[1]! >= 999, `${times[2]! - times[1]!}`);
      assert.ok(attempts(running)[1]!.waited_ms! >= 150);
    });
    upstream.onRequest = undefined;
  });

  test("is the next target's turn at once where the provider asks for too long a wait", async () => {
    upstream.script = { flaky: [refuse(429, { "retry-after": "3" })] };
    await withRoute({ targets: [target("flaky"), target("ok")] }, {}, async (running) => {
      assert.equal((await chat(running)).status, 200);
      assert.deepEqual(story(attempts(running)), ["up/flaky first", "up/ok fallback"]);
      assert.equal(attempts(running)[0]!.no_retry, "wait");
    });
  });

  test("is the client's to wait for where nobody else is left", async () => {
    upstream.script = { flaky: [refuse(429, { "retry-after": "6" })] };
    await withRoute({ targets: [target("flaky")] }, {}, async (running) => {
      const answer = await chat(running);
      assert.deepEqual([answer.status, answer.headers["retry-after"]], [429, "6"]);
      assert.equal(answer.headers["x-should-retry"], undefined);
      assert.equal(upstream.seen.length, 1);
    });
  });

  test("ends, once the retries are used up, in a client that does not multiply them", async () => {
    await withRoute({ targets: [target("500")] }, {}, async (running) => {
      const baseURL = `http://127.0.0.1:${running.port}/v1`;
      const client = new OpenAI({ baseURL, apiKey: SECRET, maxRetries: 2 });
      const call = client.chat.completions.create({ model: "mine", messages: [{ role: "user", content: "hi" }] });
      await assert.rejects(call, (error) => error instanceof APIError && error.status === 500);
      assert.equal(upstream.seen.length, 3);
      assert.equal(attempts(running)[2]!.no_retry, "retries");
    });
  });

  test("is not tried again where the provider says not to", async () => {
    const last = refuse(500, { "x-should-retry": "true" });
    upstream.script = { flaky: [refuse(500, { "x-should-retry": "false" })], last: [last, last] };
    await withRoute({ targets: [target("flaky"), target("last")], retries: 1 }, {}, async (running) => {
      const answer = await chat(running);
      assert.deepEqual(asked(), ["flaky", "last", "last"]);
      assert.equal(attempts(running)[0]!.no_retry, "asked_not_to");
      assert.equal(answer.headers["x-should-retry"], "false", "ours, and only ours");
    });
  });
});

describe("what will not pass", () => {
  for (const [fault, status] of [
    ["400", 400],
    ["401", 401],
    ["html", 502],
  ] as const) {
    test(`is not tried again: ${fault}`, async () => {
      await withRoute({ targets: [target(fault)] }, {}, async (running) => {
        assert.equal((await chat(running)).status, status);
        assert.equal(upstream.seen.length, 1);
      });
    });
  }

  test("is a part of an answer that the client has", async () => {
    await withRoute({ targets: [target("truncated"), target("ok")] }, {}, async (running) => {
      const answer = await chat(running, "mine", { stream: true });
      assert.match(answer.text, /upstream_truncated/);
      assert.equal(upstream.seen.length, 1);
      assert.equal(ends(running)[0]!.status, "partial");
    });
  });
});

test("retries are a fraction of the calls where everything fails", async () => {
  const limits = { retry_budget: { ratio: 0.2, reserve: 2 } };
  await withRoute({ targets: [target("500")] }, { limits }, async (running) => {
    const calls = 20;
    let last: Answer | undefined;
    for (let i = 0; i < calls; i++) last = await chat(running);
    const retries = upstream.seen.length - calls;
    assert.ok(retries >= 2 && retries <= 2 + calls * 0.2, `${retries} retries`);
    const first = ends(running).findIndex(({ attempts: [one] }) => one!.no_retry === "budget");
    assert.ok(first > 0 && first < 4);
    assert.equal(last!.headers["x-should-retry"], "false");
  });
});

describe("the time", () => {
  test("that a whole generation may take holds for all attempts together", async () => {
    const timeouts = { total: 400 };
    await withRoute({ targets: [target("hang"), target("ok")], timeouts }, {}, async (running) => {
      const answer = await chat(running);
      assert.equal(answer.status, 504);
      assert.match(answer.text, /\(total, 400 ms\)/);
      assert.deepEqual(story(attempts(running)), ["up/hang first"]);
    });
  });

  test("that an earlier attempt took is missing for the next", async () => {
    const route = { targets: [target("hang"), target("hang", "also")], timeouts: { first_byte: 500, total: 700 } };
    await withRoute(route, {}, async (running) => {
      await chat(running, "mine", { stream: true });
      assert.deepEqual(
        attempts(running).map(({ message }) => /\(.*\)/.exec(message!)![0]),
        ["(first_byte, 500 ms)", "(total, 700 ms)"],
      );
    });
  });

  test("that a whole generation may take ends a stream that goes on too long", async () => {
    await withRoute({ targets: [target("endless"), target("ok")], timeouts: { total: 300 } }, {}, async (running) => {
      const answer = await chat(running, "mine", { stream: true });
      assert.ok(answer.text.startsWith("data: "));
      assert.match(answer.text, /\(total, 300 ms\)/);
      assert.equal(ends(running)[0]!.status, "partial");
      assert.equal(upstream.seen.length, 1);
    });
  });

  test("left decides whether a retry is worth waiting for", async () => {
    upstream.script = { flaky: [refuse(503, { "retry-after-ms": "900" })] };
    const timeouts = { total: 800 };
    await withRoute({ targets: [target("flaky"), target("ok")], timeouts }, {}, async (running) => {
      assert.equal((await chat(running)).status, 200);
      assert.deepEqual(story(attempts(running)), ["up/flaky first", "up/ok fallback"]);
      assert.equal(attempts(running)[0]!.no_retry, "total");
    });
  });

  test("to the first byte of a stream is the route's, and then it is the next one's turn", async () => {
    const timeouts = { first_byte: 200 };
    await withRoute({ targets: [target("hang"), target("ok")], timeouts }, {}, async (running) => {
      const answer = await chat(running, "mine", { stream: true });
      assert.equal(answer.status, 200);
      assert.deepEqual(story(attempts(running)), ["up/hang first", "up/ok fallback"]);
      assert.match(attempts(running)[0]!.message!, /\(first_byte, 200 ms\)/);
    });
  });

  test("between two pieces is the route's", async () => {
    await withRoute({ targets: [target("hang-mid")], timeouts: { idle: 200 } }, {}, async (running) => {
      assert.match((await chat(running, "mine", { stream: true })).text, /\(idle, 200 ms\)/);
    });
  });
});

describe("a target that keeps failing", () => {
  const route = { targets: [target("flaky"), target("ok", "also")], retries: 0 };
  const limits = { circuit: CIRCUIT };

  async function breakIt(running: RunningGateway): Promise<void> {
    upstream.script["flaky"] = Array.from({ length: CIRCUIT.volume }, () => refuse(503));
    for (let i = 0; i < CIRCUIT.volume; i++) await chat(running);
    upstream.seen.length = 0;
    running.recorder.reset();
  }

  test("is passed over for a while, then one call finds out, then all is as before", async () => {
    await withRoute(route, { limits }, async (running) => {
      await breakIt(running);
      assert.equal((await chat(running)).status, 200);
      assert.deepEqual(asked(), ["ok"]);
      assert.deepEqual(story(attempts(running)), ["also/ok fallback"]);
      const [passed] = attempts(running)[0]!.passed_over!;
      assert.equal(passed!.why, "circuit");
      assert.match(passed!.message, /^4 of 4 calls failed lately; next try in 1 s$/);

      await sleep(CIRCUIT.open_ms + 20);
      let release = (): void => {};
      upstream.script["flaky"] = [(scene) => (release = () => FAULTS["ok"](scene))];
      const probing = chat(running);
      await eventually(() => asked().includes("flaky"), "the probe");
      await Promise.all([chat(running), chat(running)]);
      assert.deepEqual(asked(), ["ok", "flaky", "ok", "ok"]);
      release();
      assert.equal((await probing).status, 200);
      assert.deepEqual(story(attempts(running, 3)), ["up/flaky probe"]);

      await chat(running);
      assert.deepEqual(story(attempts(running, 4)), ["up/flaky first"]);
    });
  });

  test("is passed over for longer where the probe fails, and that call is answered by another", async () => {
    await withRoute(route, { limits }, async (running) => {
      await breakIt(running);
      await sleep(CIRCUIT.open_ms + 20);
      upstream.script["flaky"] = [refuse(503)];
      assert.equal((await chat(running)).status, 200);
      assert.deepEqual(story(attempts(running)), ["up/flaky probe", "also/ok fallback"]);
      await chat(running);
      assert.deepEqual(story(attempts(running, 1)), ["also/ok fallback"]);
    });
  });

  test("is tried by the next call where the client of a probe goes away", async () => {
    const slow = { circuit: { ...CIRCUIT, open_ms: 500, longest_open_ms: 500 } };
    await withRoute(route, { limits: slow }, async (running) => {
      await breakIt(running);
      await sleep(520);
      upstream.script["flaky"] = [FAULTS["hang"]];
      const { req } = open(running.port, chatBody("mine"));
      await eventually(() => upstream.seen.length === 1, "the probe");
      req.destroy();
      await eventually(() => ends(running).length === 1, "the row");
      await chat(running);
      assert.deepEqual(story(attempts(running, 1)), ["up/flaky probe"]);
    });
  });

  test("is proven to work by the beginning of a stream", async () => {
    await withRoute(route, { limits }, async (running) => {
      await breakIt(running);
      await sleep(CIRCUIT.open_ms + 20);
      upstream.script["flaky"] = [FAULTS["slow"]];
      const streaming = chat(running, "mine", { stream: true });
      await eventually(() => upstream.seen.length === 1, "the probe");
      await sleep(60);
      await chat(running);
      assert.deepEqual(story(attempts(running)), ["up/flaky first"], "while the probe's stream goes on");
      await streaming;
    });
  });

  test("is asked all the same where nobody else is left, but only once", async () => {
    await withRoute({ targets: [target("flaky")] }, { limits }, async (running) => {
      upstream.script["flaky"] = Array.from({ length: 4 }, () => refuse(503));
      await chat(running);
      await chat(running);
      upstream.seen.length = 0;
      upstream.script["flaky"] = [refuse(503)];
      const answer = await chat(running);
      assert.deepEqual([answer.status, answer.headers["x-should-retry"]], [503, "false"]);
      assert.deepEqual(story(attempts(running, 2)), ["up/flaky last_resort"]);
      assert.equal(attempts(running, 2)[0]!.no_retry, "circuit");
      assert.equal((await chat(running)).status, 200);
      assert.equal((await chat(running)).status, 200);
      assert.deepEqual(story(attempts(running, 4)), ["up/flaky first"], "its answer closed the circuit");
    });
  });

  test("is remembered through a reload, unless its address or key changes", async () => {
    const env = { KEY: "one" };
    const config = configOf(route);
    config.providers["up"]!.api_key_env = "KEY";
    let providers = createProviderSet(config, env);
    await withRoute(route, { limits, config: () => config, providers: () => providers }, async (running) => {
      await breakIt(running);
      providers = createProviderSet(config, env);
      await chat(running);
      assert.deepEqual(story(attempts(running)), ["also/ok fallback"]);
      providers = createProviderSet(config, { KEY: "two" });
      await chat(running);
      assert.deepEqual(story(attempts(running, 1)), ["up/flaky first"]);
    });
  });

  test("is remembered for each key that is passed on", async () => {
    const env = { MISSING_KEY: "ours" };
    const config = configOf({ targets: [target("flaky", "keyed"), target("ok")], retries: 0 });
    const providers = createProviderSet(config, env);
    const options = { limits, dev: true, config: () => config, providers: () => providers };
    await withRoute(config.routes["mine"]!, options, async (running) => {
      const ask = (key: string) =>
        send({ port: running.port, body: chatBody("keyed/flaky"), headers: { authorization: `Bearer ${key}` } });
      upstream.script["flaky"] = Array.from({ length: 20 }, () => refuse(429, { "retry-after": "60" }));
      for (let i = 0; i < 5; i++) await ask("sk-theirs");
      assert.deepEqual(story(attempts(running, 4)), ["keyed/flaky last_resort"]);
      await ask("sk-another");
      assert.deepEqual(story(attempts(running, 5)), ["keyed/flaky first"]);
      await chat(running);
      assert.equal(attempts(running, 6)[0]!.reason, "first");
    });
  });

  for (const [what, spoil] of [
    ["refusals of the request", (running: RunningGateway) => chat(running, "up/400")],
    ["rehearsed failures", rehearse],
    ["clients that go away", leave],
  ] as const) {
    test(`is not what ${what} make it`, async () => {
      const model = what.startsWith("refusals") ? "400" : "hang-mid";
      await withRoute({ targets: [target(model)], retries: 0 }, { limits, dev: true }, async (running) => {
        for (let i = 0; i < CIRCUIT.volume + 2; i++) await spoil(running);
        await eventually(() => ends(running).length === CIRCUIT.volume + 2, "the rows");
        assert.ok(ends(running).every(({ attempts: [one] }) => one!.reason === "first"));
      });
    });
  }

  function rehearse({ port }: RunningGateway): Promise<Answer> {
    return send({ port, body: chatBody("mine"), headers: { "flywheel-fault": "500" } });
  }

  /** The client leaves in the middle of a stream. */
  async function leave({ port }: RunningGateway): Promise<void> {
    const { req, answered } = open(port, chatBody("mine", { stream: true }));
    await answered;
    req.destroy();
  }
});

/** A request that can be taken back. */
function open(port: number, body: string): { req: http.ClientRequest; answered: Promise<number> } {
  const headers = { "content-type": "application/json", authorization: `Bearer ${SECRET}` };
  const req = http.request({ port, method: "POST", path: "/v1/chat/completions", headers, agent: false });
  const answered = new Promise<number>((resolve) => {
    req.on("response", (res) => {
      res.on("error", () => {});
      res.resume();
      resolve(res.statusCode!);
    });
  });
  req.on("error", () => {});
  req.end(body);
  return { req, answered };
}

describe("while a retry is waited for", () => {
  beforeEach(() => {
    upstream.script = { flaky: [refuse(503, { "retry-after-ms": "700" })] };
  });

  test("a client that goes away leaves one row, and nobody is asked any more", async () => {
    await withRoute({ targets: [target("flaky"), target("ok")] }, {}, async (running) => {
      const { req } = open(running.port, chatBody("mine"));
      await eventually(() => upstream.seen.length === 1, "the first attempt");
      await sleep(100);
      req.destroy();
      await eventually(() => ends(running).length === 1, "the row");
      await sleep(1000);
      assert.equal(upstream.seen.length, 1);
      assert.deepEqual(
        ends(running).map(({ status, http_status }) => [status, http_status]),
        [["client_aborted", 499]],
      );
      assert.deepEqual(
        attempts(running).map(({ status }) => status),
        [503],
      );
    });
  });

  test("a gateway that shuts down says so, and nobody is asked any more", async () => {
    const running = await startGateway(configOf({ targets: [target("flaky")] }), {
      limits: { timeouts: PATIENT, retry: RETRY, drain_ms: 100 },
    });
    const answer = chat(running);
    await eventually(() => upstream.seen.length === 1, "the first attempt");
    await sleep(100);
    await running.stop();
    assert.equal((await answer).status, 503);
    assert.match((await answer).text, /shutting_down/);
    await sleep(700);
    assert.equal(upstream.seen.length, 1);
    assert.deepEqual(
      ends(running).map(({ status, error }) => [status, error?.code]),
      [["error", "shutting_down"]],
    );
  });
});
