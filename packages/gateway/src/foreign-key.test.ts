import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { chatBody, send, startGateway } from "../test/running-gateway.ts";
import type { Answer, RunningGateway } from "../test/running-gateway.ts";

const OURS = "sk-of-the-company";
const THEIRS = "sk-of-the-caller";

let upstream: ScriptedUpstream;
let dev: RunningGateway;
let production: RunningGateway;

before(async () => {
  upstream = await startUpstream();
  [dev, production] = [await start(true), await start(false)];
});
after(async () => {
  await Promise.all([dev.stop(), production.stop()]);
  await upstream.close();
});
beforeEach(() => {
  upstream.seen.length = 0;
  dev.recorder.reset();
});

function start(isDev: boolean): Promise<RunningGateway> {
  const provider = (api_key_env: string) => ({
    base_url: `${upstream.origin}/v1`,
    dialect: "openai-chat" as const,
    api_key_env,
    headers: {},
    models: [],
  });
  const ours = { provider: "with", model: "ok" };
  return startGateway(
    {
      providers: { with: provider("OUR_KEY"), without: provider("MISSING_KEY"), keyless: provider("") },
      routes: { default: { targets: [ours] }, fast: { targets: [ours] } },
    },
    { dev: isDev },
    { OUR_KEY: OURS },
  );
}

const ask = (running: RunningGateway, model: string, secret = THEIRS): Promise<Answer> =>
  send({
    port: running.port,
    body: chatBody(model, { temperature: 0 }),
    headers: { authorization: `Bearer ${secret}` },
  });

describe("a key that is none of ours, under `dev`", () => {
  for (const model of ["with/ok", "without/ok"])
    test(`goes to the provider that ${model} names, in place of the one in the environment`, async () => {
      const answer = await ask(dev, model);
      assert.equal(answer.status, 200);
      assert.equal(upstream.seen[0]!.headers.authorization, `Bearer ${THEIRS}`);
    });

  test("is kept nowhere: the records name nobody and hold no trace of it", async () => {
    await ask(dev, "with/ok");
    assert.equal((dev.recorder.log[0]!.head as { key_id: string }).key_id, "foreign");
    assert.doesNotMatch(JSON.stringify(dev.recorder.log), new RegExp(THEIRS));
  });

  test("is not handed to a route's targets, to local models or to a provider that takes none", async () => {
    for (const model of ["default", "local/spark", "keyless/ok", "no-such-model"]) {
      const answer = await ask(dev, model);
      assert.equal(answer.status, 401, model);
      assert.match(answer.text, /"foreign_key"/);
    }
    assert.equal(upstream.seen.length, 0);
  });

  test("is not answered with what another key was told", async () => {
    for (const secret of ["sk-one", "sk-other", "sk-one"]) await ask(dev, "with/ok", secret);
    assert.equal(upstream.seen.length, 2);
  });

  test("that looks like one of ours is just wrong", async () => {
    const answer = await ask(dev, "with/ok", "fw_dev_mistyped");
    assert.match(answer.text, /"invalid_key"/);
  });
});

test("outside of `dev` it is refused and sent to nobody", async () => {
  const answer = await ask(production, "with/ok");
  assert.equal(answer.status, 401);
  assert.match(answer.text, /"invalid_key"/);
  assert.equal(upstream.seen.length, 0);
});
