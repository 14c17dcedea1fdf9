import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { DEFAULT_CONFIG, DIALECT_IDS } from "@flywheel/protocol";
import type { DialectId } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";
import type { ProviderSet } from "@flywheel/providers";
import { CARD_TEXT, LOGPROB_TOKENS } from "../../../tests/upstream/fixtures/case.ts";
import { FIXTURES } from "../../../tests/upstream/fixtures/index.ts";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { SECRET, send, startGateway } from "../test/running-gateway.ts";
import type { RunningGateway } from "../test/running-gateway.ts";
import { createOutputItems } from "./output-items.ts";

let upstream: ScriptedUpstream;
let running: RunningGateway;

before(async () => {
  upstream = await startUpstream();
  const base = { base_url: `${upstream.origin}/fixtures`, api_key_env: "", headers: {}, models: [] };
  const named = Object.fromEntries(DIALECT_IDS.map((dialect) => [dialect, { ...base, dialect }]));
  const config = { ...DEFAULT_CONFIG, providers: { ...named, both: { ...base, dialect: "openai-chat" as const } } };
  const providers = alsoSpeaking(createProviderSet(config, {}), "both", ["anthropic-messages"]);
  running = await startGateway(config, { providers: () => providers });
});
after(async () => {
  await running.stop();
  await upstream.close();
});
beforeEach(() => {
  upstream.seen.length = 0;
  running.recorder.reset();
});

function alsoSpeaking(set: ProviderSet, id: string, also: DialectId[]): ProviderSet {
  const provider = { ...set.get(id)!, also };
  return { ...set, get: (name) => (name === id ? provider : set.get(name)) };
}

const openai = (): OpenAI =>
  new OpenAI({ baseURL: `http://127.0.0.1:${running.port}/v1`, apiKey: SECRET, maxRetries: 0 });
const anthropic = (): Anthropic =>
  new Anthropic({ baseURL: `http://127.0.0.1:${running.port}`, apiKey: SECRET, maxRetries: 0 });
const question = [{ role: "user" as const, content: "Hi" }];

describe("a provider that speaks a second dialect", () => {
  test("is asked in it by a client of that one, byte for byte", async () => {
    const body = `{"model":"both/text","max_tokens":9, "stream":true,"messages":[{"role":"user","content":"\\u0048i"}]}`;
    const answer = await send({ port: running.port, path: "/v1/messages", body });
    assert.equal(answer.text, FIXTURES["anthropic-messages"].cases.text.events.join(""));
    const [seen] = upstream.seen;
    assert.deepEqual([seen!.path, seen!.body], ["/fixtures/messages", body.replace("both/text", "text")]);
    assert.equal(seen!.headers["anthropic-version"], "2023-06-01");
    const [end] = running.recorder.ends();
    assert.deepEqual([end!.dialect, end!.status], ["anthropic-messages", "ok"]);
  });

  test("is asked in its first by everybody else", async () => {
    const answer = await openai().responses.create({ model: "both/text", input: "Hi" });
    assert.equal(answer.output_text, CARD_TEXT);
    assert.equal(upstream.seen[0]!.path, "/fixtures/chat/completions");
  });

  test("can break in it as in any other", async () => {
    const stream = anthropic().messages.stream({ model: "both/truncated", max_tokens: 9, messages: question });
    await assert.rejects(stream.finalMessage(), APIError);
    assert.equal(running.recorder.ends()[0]!.status, "partial");
  });
});

describe("log-probabilities", () => {
  const expected = LOGPROB_TOKENS.map(({ token, logprob, rivals }) => [token, logprob, rivals.length + 1]);

  for (const provider of ["openai-chat", "openai-responses", "gemini"])
    test(`of ${provider} reach a client of chat completions, whole and streamed`, async () => {
      const asked = { model: `${provider}/logprobs`, messages: question, logprobs: true, top_logprobs: 2 };
      const whole = await openai().chat.completions.create(asked);
      const read = (list: OpenAI.ChatCompletionTokenLogprob[]): unknown =>
        list.map(({ token, logprob, top_logprobs }) => [token, logprob, top_logprobs.length]);
      assert.deepEqual(read(whole.choices[0]!.logprobs!.content!), expected);
      const streamed: OpenAI.ChatCompletionTokenLogprob[] = [];
      for await (const chunk of await openai().chat.completions.create({ ...asked, stream: true }))
        streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
      assert.deepEqual(read(streamed), expected);
    });

  test("are named as left out where the provider has none", async () => {
    const asked = { model: "anthropic-messages/text", messages: question, logprobs: true };
    const { response } = await openai().chat.completions.create(asked).withResponse();
    assert.match(response.headers.get("flywheel-ignored") ?? "", /logprobs/);
  });
});

describe("an image", () => {
  const IMAGE = "iVBORw0KGgo=";
  const inPlace: Record<DialectId, RegExp> = {
    "openai-chat": /"image_url":\{"url":"data:image\/png;base64,iVBORw0KGgo="/,
    "openai-responses": /"type":"input_image".*"image_url":"data:image\/png;base64,iVBORw0KGgo="/,
    "anthropic-messages": /"source":\{"type":"base64","media_type":"image\/png","data":"iVBORw0KGgo="/,
    gemini: /"inlineData":\{"mimeType":"image\/png","data":"iVBORw0KGgo="/,
  };
  for (const provider of DIALECT_IDS)
    test(`of any client reaches ${provider} in its words`, async () => {
      const model = `${provider}/text`;
      const url = `data:image/png;base64,${IMAGE}`;
      await openai().chat.completions.create({
        model,
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
      });
      await openai().responses.create({
        model,
        input: [{ role: "user", content: [{ type: "input_image", image_url: url, detail: "auto" }] }],
      });
      const source = { type: "base64" as const, media_type: "image/png" as const, data: IMAGE };
      await anthropic().messages.create({
        model,
        max_tokens: 9,
        messages: [{ role: "user", content: [{ type: "image", source }] }],
      });
      assert.equal(upstream.seen.length, 3);
      for (const { body } of upstream.seen) assert.match(body, inPlace[provider]);
    });
});

describe("a marker for the prompt cache", () => {
  const marked = {
    max_tokens: 9,
    system: [{ type: "text" as const, text: "Long.", cache_control: { type: "ephemeral" as const } }],
    messages: question,
  };
  test("stays between two of Anthropic's dialect, and is named as left out elsewhere", async () => {
    await anthropic().messages.create({ model: "anthropic-messages/text", ...marked });
    assert.match(upstream.seen[0]!.body, /"cache_control":\{"type":"ephemeral"\}/);
    for (const provider of ["openai-chat", "openai-responses", "gemini"]) {
      const { response } = await anthropic()
        .messages.create({ model: `${provider}/text`, ...marked })
        .withResponse();
      assert.match(response.headers.get("flywheel-ignored") ?? "", /cache_control/, provider);
    }
  });
});

describe("embeddings", () => {
  const embed = (body: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${running.port}/v1/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": SECRET },
      body: JSON.stringify({ model: "gemini/embedder", ...body }),
    });

  test("of Gemini are asked for in its words and read in OpenAI's, as numbers or in base64", async () => {
    const answer = await embed({ input: ["ab", "c"], dimensions: 2, user: "u" });
    const { data } = (await answer.json()) as OpenAI.CreateEmbeddingResponse;
    assert.deepEqual(data, [
      { object: "embedding", index: 0, embedding: [2, -1] },
      { object: "embedding", index: 1, embedding: [1, -1] },
    ]);
    assert.equal(answer.headers.get("flywheel-ignored"), "user");
    assert.equal(upstream.seen[0]!.path, "/fixtures/models/embedder:batchEmbedContents");
    assert.deepEqual(JSON.parse(upstream.seen[0]!.body), {
      requests: ["ab", "c"].map((text) => ({
        model: "models/embedder",
        content: { parts: [{ text }] },
        outputDimensionality: 2,
      })),
    });
    const { data: coded } = await openai().embeddings.create({ model: "gemini/embedder", input: "abc" });
    assert.deepEqual(coded[0]!.embedding, [3, -1]);
    assert.deepEqual(
      running.recorder.ends().map(({ status }) => status),
      ["ok", "ok"],
    );
  });

  test("of tokens are refused there, and a provider's refusal keeps its words", async () => {
    assert.equal((await embed({ input: [[1, 2]] })).status, 400);
    const refused = await embed({ model: "gemini/429", input: "a" });
    assert.deepEqual(
      [refused.status, ((await refused.json()) as { error: { message: string } }).error.message],
      [429, "slow down"],
    );
    assert.deepEqual(
      running.recorder.ends().map(({ status }) => status),
      ["error", "error"],
    );
  });
});

describe("what a client refers to by id", () => {
  const item = (id: string, text = id): { id: string; text: string } => ({ id, text });

  test("is found for the project that it was said to, the latest first to stay", () => {
    const items = createOutputItems(70);
    const reference = (id: string) => ({ type: "item_reference", id });
    items.remember("a", [item("one"), item("two")]);
    items.remember("a", [item("three")]);
    const resolved = (project: string) =>
      items.resolve(project, { input: ["one", "two", "three"].map(reference) }).input;
    assert.deepEqual(resolved("a"), [reference("one"), item("two"), item("three")]);
    assert.deepEqual(resolved("b"), ["one", "two", "three"].map(reference));
    assert.deepEqual(items.resolve("a", { input: "text" }), { input: "text" });
  });

  test("and is not known is a 400 that says what to do; so is what was not to be kept", async () => {
    const { id } = (await openai().responses.create({ model: "gemini/text", input: "Hi", store: false })).output[0]!;
    const asked = openai().responses.create({ model: "gemini/text", input: [{ type: "item_reference", id: id! }] });
    await assert.rejects(asked, /Send it whole/);
  });
});
