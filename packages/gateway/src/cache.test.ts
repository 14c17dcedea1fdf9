import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Config } from "@flywheel/protocol";
import { createUpstream } from "@flywheel/providers";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { chatBody, send, startGateway } from "../test/running-gateway.ts";
import type { Answer, RunningGateway } from "../test/running-gateway.ts";
import { createAnswerCache } from "./cache.ts";

let upstream: ScriptedUpstream;
let fingerprint = "first file";
const started: RunningGateway[] = [];

before(async () => (upstream = await startUpstream()));
after(async () => {
  await Promise.all(started.map((running) => running.stop()));
  await upstream.close();
});
beforeEach(() => void (upstream.seen.length = 0));

async function running(cache: Partial<Config["cache"]> = {}, dev = true): Promise<RunningGateway> {
  const one = { api_key_env: "", headers: {}, models: [] };
  const base_url = `${upstream.origin}/v1`;
  const made = await startGateway(
    {
      cache: { seconds: 60, bytes: 1 << 20, ...cache },
      providers: {
        up: { ...one, base_url, dialect: "openai-chat" },
        also: { ...one, base_url, dialect: "openai-chat" },
      },
      routes: {
        mine: { targets: [{ provider: "up", model: "ok" }] },
        "after-500": {
          targets: [
            { provider: "up", model: "500" },
            { provider: "up", model: "ok" },
          ],
        },
      },
    },
    {
      dev,
      upstream: createUpstream(),
      resolveLocal: (model, done) =>
        done(undefined, {
          origin: upstream.origin,
          headers: [],
          ...(model === "spark" && { fingerprint }),
        }),
    },
  );
  started.push(made);
  return made;
}

const ask = ({ port }: RunningGateway, body: object = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  send({ port, headers, body: chatBody("up/ok", { temperature: 0, ...body }) });

/** How often the provider was. */
const asked = (): number => upstream.seen.length;

describe("the same request again", () => {
  test("is answered without asking the provider, byte for byte, as a generation of its own", async () => {
    const gateway = await running();
    const first = await ask(gateway);
    const second = await ask(gateway);
    assert.equal(asked(), 1);
    assert.equal(second.text, first.text);
    assert.equal(first.headers["flywheel-cache"], undefined);
    assert.equal(second.headers["flywheel-cache"], "hit");
    assert.notEqual(second.headers["flywheel-generation-id"], first.headers["flywheel-generation-id"]);
    const [miss, hit] = gateway.recorder.ends();
    assert.deepEqual([miss!.cache, hit!.cache], ["miss", "hit"]);
    assert.deepEqual([hit!.attempts, hit!.provider, hit!.model, hit!.status], [[], "up", "ok", "ok"]);
  });

  test("is streamed where it was streamed", async () => {
    const gateway = await running();
    const first = await ask(gateway, { stream: true });
    const second = await ask(gateway, { stream: true });
    assert.equal(asked(), 1);
    assert.equal(second.text, first.text);
    assert.match(String(second.headers["content-type"]), /event-stream/);
    assert.equal(gateway.recorder.ends()[1]!.cache, "hit");
  });

  test("is answered from the same store whether or not the client wants the usage chunk, which it gets or does not", async () => {
    const gateway = await running();
    const without = await ask(gateway, { stream: true });
    const wanted = await ask(gateway, { stream: true, stream_options: { include_usage: true } });
    assert.doesNotMatch(without.text, /"total_tokens"/);
    assert.match(wanted.text, /"total_tokens"/);
  });

  test("by the name of a route finds what was asked by the model's name", async () => {
    const gateway = await running();
    await ask(gateway);
    await ask(gateway, { model: "mine" });
    assert.equal(asked(), 1);
  });

  test("after a fallback is answered by nobody but the first target", async () => {
    const gateway = await running();
    await ask(gateway, { model: "after-500" });
    const before = asked();
    const again = await ask(gateway, { model: "after-500" });
    assert.equal(again.status, 200);
    assert.equal(asked(), before + 1, "the first target is asked again, the second is remembered");
  });
});

describe("nothing is taken from the cache", () => {
  const different: Record<string, [object, Record<string, string>?]> = {
    "for another question": [{ messages: [{ role: "user", content: "Another?" }] }],
    "for another parameter": [{ top_p: 0.5 }],
    "for another provider of the same name of model": [{ model: "also/ok" }],
    "for a stream where an answer in one piece was kept": [{ stream: true }],
    "for another project": [{}, { authorization: "Bearer fw_dev_other_project" }],
    "for a request that says so": [{}, { "flywheel-cache": "off" }],
  };
  for (const [name, [body, headers]] of Object.entries(different))
    test(name, async () => {
      const gateway = await running();
      await ask(gateway);
      await ask(gateway, body, headers);
      assert.equal(asked(), 2);
    });

  test("above temperature 0, or where no temperature is said", async () => {
    const gateway = await running();
    for (const temperature of [0.7, 0.7, undefined, undefined]) await ask(gateway, { temperature });
    assert.equal(asked(), 4);
    assert.ok(gateway.recorder.ends().every(({ cache }) => cache === "off"));
  });

  test("outside of `dev`, unless the project says so", async () => {
    const usual = await running({}, false);
    await ask(usual);
    await ask(usual);
    assert.equal(asked(), 2);
    const all = await running({ answers: "all" }, false);
    await ask(all, { temperature: 1 });
    await ask(all, { temperature: 1 });
    assert.equal(asked(), 3);
  });

  test("that is an error, or broke off", async () => {
    const gateway = await running();
    for (const model of ["up/500", "up/500", "up/truncated", "up/truncated"])
      await ask(gateway, { model, stream: true });
    assert.ok(gateway.recorder.ends().every(({ cache }) => cache === "miss"));
  });

  test("that is too old", async () => {
    const gateway = await running({ seconds: 0.01 });
    await ask(gateway);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await ask(gateway);
    assert.equal(asked(), 2);
  });

  test("of a local model whose file has changed, or whose file is not known", async () => {
    const gateway = await running();
    const spark = { model: "local/spark" };
    await ask(gateway, spark);
    await ask(gateway, spark);
    assert.equal(asked(), 1);
    fingerprint = "second file";
    await ask(gateway, spark);
    assert.equal(asked(), 2);
  });
});

describe("`flywheel-cache`", () => {
  test("`only` asks no provider: a hit, or a 404 and a row that says why", async () => {
    const gateway = await running();
    const missed = await ask(gateway, {}, { "flywheel-cache": "only" });
    assert.equal(missed.status, 404);
    assert.equal(asked(), 0);
    assert.equal(gateway.recorder.ends()[0]!.error!.code, "cache_miss");
    await ask(gateway);
    const found = await ask(gateway, {}, { "flywheel-cache": "only" });
    assert.equal(found.status, 200);
    assert.equal(asked(), 1);
  });

  test("anything else is refused", async () => {
    const gateway = await running();
    const answer = await ask(gateway, {}, { "flywheel-cache": "on" });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /`off` or `only`/);
  });
});

test("embeddings are kept, and answers to other dialects are translated from what the provider said", async () => {
  const gateway = await running();
  const embed = () =>
    send({ port: gateway.port, path: "/v1/embeddings", body: JSON.stringify({ model: "up/e", input: "x" }) });
  const first = await embed();
  assert.equal((await embed()).text, first.text);
  assert.equal(asked(), 1);
  const message = () =>
    send({ port: gateway.port, path: "/v1/messages", body: chatBody("up/ok", { max_tokens: 9, temperature: 0 }) });
  const one = JSON.parse((await message()).text) as { content: unknown };
  const two = JSON.parse((await message()).text) as { content: unknown };
  assert.equal(asked(), 2);
  assert.deepEqual(two.content, one.content);
});

test("what is kept stays within its bytes; the least recently used goes first", () => {
  const cache = createAnswerCache();
  const limits = { seconds: 60, bytes: 1600 };
  const answer = { contentType: "application/json", body: [Buffer.alloc(90)] };
  for (let i = 0; i < 16; i++) cache.put(`key ${String(i).padStart(6, "0")}`, answer, limits);
  cache.get("key 000000", 0);
  cache.put("key 000016", answer, limits);
  assert.ok(cache.get("key 000000", 0));
  assert.equal(cache.get("key 000001", 0), undefined);
  cache.put("large", { ...answer, body: [Buffer.alloc(200)] }, limits);
  assert.equal(cache.get("large", 0), undefined, "one answer may not push out all others");
});
