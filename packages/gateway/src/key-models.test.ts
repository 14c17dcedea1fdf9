import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { addKey, chatBody, send, startGateway } from "../test/running-gateway.ts";
import type { RunningGateway } from "../test/running-gateway.ts";

let upstream: ScriptedUpstream;
let running: RunningGateway;
before(async () => {
  upstream = await startUpstream();
  const provider = {
    base_url: `${upstream.origin}/v1`,
    dialect: "openai-chat" as const,
    api_key_env: "KEY",
    headers: {},
    models: ["ok", "okay"],
  };
  const other = { provider: "other", model: "ok" };
  running = await startGateway(
    {
      providers: { openai: provider, other: provider },
      routes: { default: { targets: [other] }, fast: { targets: [other] } },
    },
    {},
    { KEY: "sk-test" },
  );
});
after(async () => {
  await running.stop();
  await upstream.close();
});

/** The status of a call for `model` with a key that may call `models` only. */
async function ask(models: string[], model: string, path = "/v1/chat/completions") {
  const secret = `fw_dev_${models.join()}`;
  addKey(secret, { models });
  const body = path.endsWith("embeddings") ? JSON.stringify({ model, input: "x" }) : chatBody(model);
  const { status, text } = await send({
    port: running.port,
    path,
    body,
    headers: { authorization: `Bearer ${secret}` },
  });
  return { status, error: (JSON.parse(text) as { error?: { code: string; message: string; param: string } }).error };
}

describe("a key that may call some models only", () => {
  const allowed: [models: string[], model: string][] = [
    [["other/ok"], "other/ok"],
    [["nothing", "other/*"], "other/ok"],
    [["*k"], "other/ok"],
    [["*/o*"], "other/ok"],
    [["fast"], "fast"],
    [["openai/gpt-*"], "gpt-ok"],
    [["gpt-*"], "gpt-ok"],
    [["*"], "default"],
    [[], "other/ok"],
  ];
  for (const [models, model] of allowed)
    test(`calls ${model} where it may call ${models.join(" or ") || "all"}`, async () => {
      upstream.seen.length = 0;
      const { status, error } = await ask(models, model);
      assert.equal(error, undefined);
      assert.equal(status, 200);
      assert.equal(upstream.seen.length, 1);
    });

  const refused: [models: string[], model: string][] = [
    [["other/ok"], "other/okay"],
    [["other/ok"], "openai/ok"],
    [["other/*"], "fast"],
    [["fast"], "other/ok"],
    [["openai/gpt-*"], "other/gpt-ok"],
    [["o*k*k"], "other/ok"],
    [["a.b"], "a+b"],
    [["other/*"], "azure/gpt-4o"],
    [["other/*"], "nobody/knows"],
  ];
  for (const [models, model] of refused)
    test(`is refused ${model} where it may call ${models.join(" or ")}, and nobody is asked`, async () => {
      upstream.seen.length = 0;
      const before = running.recorder.log.length;
      const { status, error } = await ask(models, model);
      assert.equal(status, 403);
      assert.deepEqual([error!.code, error!.param], ["model_not_allowed", "model"]);
      assert.ok(error!.message.includes(model) && error!.message.includes(models[0]!), error!.message);
      assert.equal(upstream.seen.length, 0);
      assert.equal(running.recorder.log.length, before, "there is no generation");
    });

  test("is refused at every path that makes generations", async () => {
    for (const path of ["/v1/embeddings", "/v1/responses", "/v1/messages"]) {
      const body = JSON.stringify({ model: "other/ok", input: "x", max_tokens: 5, messages: [] });
      addKey("fw_dev_one", { models: ["fast"] });
      const answer = await send({ port: running.port, path, body, headers: { authorization: "Bearer fw_dev_one" } });
      assert.equal(answer.status, 403, `${path}: ${answer.text}`);
    }
  });

  test("is listed what it may call, and nothing else", async () => {
    addKey("fw_dev_list", { models: ["fast", "other/okay"] });
    const list = await send({
      port: running.port,
      method: "GET",
      path: "/v1/models",
      headers: { authorization: "Bearer fw_dev_list" },
    });
    assert.deepEqual(
      (JSON.parse(list.text) as { data: { id: string }[] }).data.map(({ id }) => id),
      ["fast", "other/okay"],
    );
  });

  test("is matched in no time, however many stars the pattern has", async () => {
    const { status } = await ask(["*a".repeat(99)], "a".repeat(90));
    assert.equal(status, 403);
  });
});
