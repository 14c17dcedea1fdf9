import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import Anthropic, { APIError as AnthropicError, RateLimitError as AnthropicRateLimitError } from "@anthropic-ai/sdk";
import { generateText, streamText } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import OpenAI, { APIError, RateLimitError } from "openai";
import { DIALECT_IDS } from "@flywheel/protocol";
import type { BeginHead, Config, DialectId, EndHead } from "@flywheel/protocol";
import { CLIENT_DIALECTS, DIALECTS } from "@flywheel/providers";
import type { ClientDialect } from "@flywheel/providers";
import { CALLS, CARD_TEXT, CASE_NAMES, EXPECTED } from "../../../tests/upstream/fixtures/case.ts";
import { FIXTURES } from "../../../tests/upstream/fixtures/index.ts";
import { startUpstream } from "../../../tests/upstream/server.ts";
import type { ScriptedUpstream } from "../../../tests/upstream/server.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { SECRET, startGateway } from "../test/running-gateway.ts";
import type { RunningGateway } from "../test/running-gateway.ts";

let upstream: ScriptedUpstream;
let running: RunningGateway;
let origin: string;

before(async () => {
  upstream = await startUpstream();
  const providers = Object.fromEntries(DIALECT_IDS.map((id) => [id, provider(id)]));
  running = await startGateway({ providers }, { limits: { timeouts: DEFAULT_LIMITS.timeouts } });
  origin = `http://127.0.0.1:${running.port}`;
});

after(async () => {
  await running.stop();
  await upstream.close();
});

beforeEach(() => {
  running.recorder.reset();
  upstream.seen.length = 0;
});

/** How the one generation so far began, and how it ended. */
const begun = () => running.recorder.log.find(({ kind }) => kind === "begin")?.head as BeginHead | undefined;
const ended = () =>
  running.recorder.log.find(({ kind }) => kind === "end") as { head: EndHead; raw: string } | undefined;

/** What only a whole answer ends in. */
const END = /\[DONE\]|"type":"message_stop"|"type":"response\.completed"/;

/** One provider for each dialect, named after it. */
const provider = (dialect: DialectId): Config["providers"][string] => ({
  base_url: `${upstream.origin}/fixtures`,
  dialect,
  api_key_env: "",
  headers: {},
  models: [],
});

/** How each dialect's client asks the simplest question. */
const ASK: Record<keyof typeof CLIENT_DIALECTS, [path: string, body: object]> = {
  "openai-chat": ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
  "openai-responses": ["/v1/responses", { input: "Hi" }],
  "anthropic-messages": ["/v1/messages", { max_tokens: 100, messages: [{ role: "user", content: "Hi" }] }],
};

function ask(client: ClientDialect, model: string, extra: object = {}, headers: object = {}): Promise<Response> {
  const [path, body] = ASK[client.id as keyof typeof ASK];
  return fetch(origin + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": SECRET, ...headers },
    body: JSON.stringify({ model, ...body, ...extra }),
  });
}

async function decoded(client: ClientDialect, answer: Response): Promise<unknown> {
  const text = await answer.text();
  const read = client.decodeResponse(Buffer.from(text), answer.headers.get("content-type")!);
  const calls = (read.message?.tool_calls ?? []).map((call) => [call.name, JSON.parse(call.arguments) as unknown]);
  return { text: read.message?.text, reasoning: read.message?.reasoning ?? "", calls, input: read.usage?.input_tokens };
}

function expected(name: (typeof CASE_NAMES)[number]): unknown {
  const { parts, usage } = EXPECTED[name];
  const join = (type: string): string =>
    parts.map((part) => (part.type === type && "text" in part ? part.text : "")).join("");
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [[part.name, JSON.parse(part.arguments)]] : []));
  return { text: join("text"), reasoning: join("reasoning"), calls, input: usage.input_tokens };
}

for (const client of Object.values(CLIENT_DIALECTS))
  for (const provider of DIALECT_IDS) {
    const streamed = { stream: true, ...(client.id === "openai-chat" && { stream_options: { include_usage: true } }) };
    describe(`${client.id} in, ${provider} out`, () => {
      for (const name of CASE_NAMES) {
        test(`${name} arrives in one piece, and is recorded as the provider sent it`, async () => {
          const answer = await ask(client, `${provider}/${name}`);
          assert.equal(answer.status, 200);
          assert.deepEqual(await decoded(client, answer), expected(name));
          assert.deepEqual(
            [begun()?.dialect, ended()?.head.dialect, ended()?.head.status],
            [client.id, provider, "ok"],
          );
          assert.equal(ended()?.raw, JSON.stringify(FIXTURES[provider].cases[name].whole));
        });

        test(`${name} arrives as a stream, and is recorded as the provider sent it`, async () => {
          const answer = await ask(client, `${provider}/${name}`, streamed);
          assert.deepEqual(await decoded(client, answer), expected(name));
          assert.deepEqual([ended()?.head.dialect, ended()?.head.status], [provider, "ok"]);
          assert.equal(ended()?.raw, FIXTURES[provider].cases[name].events.join(""));
        });
      }

      test("the end of a stream waits for the record", async () => {
        const held: { release?: () => void } = {};
        running.recorder.holdEnd = (write) => (held.release = write);
        const answer = await ask(client, `${provider}/text`, streamed);
        let text = "";
        const whole = (async () => {
          for await (const bytes of answer.body!) text += Buffer.from(bytes).toString();
        })();
        while (!held.release) await new Promise((resolve) => setTimeout(resolve, 10));
        await new Promise((resolve) => setTimeout(resolve, 50)); // whatever was sent is here by now
        assert.doesNotMatch(text, END);
        held.release();
        await whole;
        assert.match(text, END);
      });

      for (const [name, code] of [
        ["truncated", "upstream_truncated"],
        ["error-event", "upstream_error"],
      ] as const)
        test(`a stream that ends in ${name} ends in an error of the client's dialect, and a partial row`, async () => {
          const answer = await ask(client, `${provider}/${name}`, streamed);
          const text = await answer.text();
          const read = client.decodeResponse(Buffer.from(text), "text/event-stream");
          assert.ok(read.error, text);
          assert.deepEqual([ended()?.head.status, ended()?.head.error?.code], ["partial", code]);
          assert.doesNotMatch(text, END);
        });

      test("a refusal keeps its status, its words and retry-after, in the client's shape", async () => {
        const answer = await ask(client, `${provider}/429`);
        const body = (await answer.json()) as { type?: string; error: Record<string, unknown> };
        assert.deepEqual(
          [answer.status, answer.headers.get("retry-after"), body.error.message],
          [429, "7", "slow down"],
        );
        const fields = client.id === "anthropic-messages" ? ["message", "type"] : ["code", "message", "param", "type"];
        assert.deepEqual(Object.keys(body.error).toSorted(), fields);
        assert.equal(body.type, client.id === "anthropic-messages" ? "error" : undefined);
      });

      test("a page instead of an answer is a 502", async () => {
        assert.equal((await ask(client, `${provider}/html`)).status, 502);
        assert.equal(ended()?.head.error?.code, "upstream_invalid");
      });
    });
  }

describe("between two of the same dialect", () => {
  for (const client of Object.values(CLIENT_DIALECTS))
    test(`${client.id}: the bytes of request and answer are untouched`, async () => {
      const answer = await ask(client, `${client.id}/tools`, { stream: true, unheard_of: [1.0, "é"] });
      const sent = FIXTURES[client.id].cases.tools.events.join("");
      const hidden = client.id === "openai-chat" ? FIXTURES[client.id].cases.tools.events.at(-2)! : "";
      assert.equal(await answer.text(), sent.replace(hidden, ""));
      assert.match(upstream.seen[0]!.body, /"unheard_of":\[1,"é"\]/);
      assert.equal(answer.headers.get("flywheel-ignored"), null);
    });

  test("a client's Anthropic headers go along, and ours stand in where it sent none", async () => {
    const client = CLIENT_DIALECTS["anthropic-messages"];
    await (
      await ask(client, "anthropic-messages/text", {}, { "anthropic-beta": "a-1", "anthropic-version": "2024-01-01" })
    ).text();
    await (await ask(client, "anthropic-messages/text")).text();
    const seen = upstream.seen.map(({ headers }) => [headers["anthropic-version"], headers["anthropic-beta"]]);
    assert.deepEqual(seen, [
      ["2024-01-01", "a-1"],
      ["2023-06-01", undefined],
    ]);
  });
});

describe("what cannot be carried", () => {
  test("is named in flywheel-ignored", async () => {
    const answer = await ask(CLIENT_DIALECTS["openai-chat"], "anthropic-messages/text", {
      seed: 1,
      logit_bias: { 1: 2 },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("flywheel-ignored"), "logit_bias, seed");
    assert.doesNotMatch(upstream.seen[0]!.body, /seed|logit_bias/);
  });

  test("is named in a header that no name of a field can break", async () => {
    const odd = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`a\r\nset-cookie: ${i} é${"x".repeat(99)}`, 1]),
    );
    const answer = await ask(CLIENT_DIALECTS["openai-chat"], "gemini/text", odd);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("flywheel-ignored")!, /^a\?\?set-cookie\?\?0[\w?, -]+\.\.\.$/);
    assert.equal(answer.headers.get("set-cookie"), null);
  });

  test("or refused, naming the field, and nothing is sent", async () => {
    const answer = await ask(CLIENT_DIALECTS["openai-chat"], "gemini/text", { n: 2 });
    const body = (await answer.json()) as { error: { param: string; code: string } };
    assert.deepEqual([answer.status, body.error.param, body.error.code], [400, "n", "unsupported_parameter"]);
    assert.equal(upstream.seen.length, 0);
    assert.equal(ended()?.head.status, "error");
  });

  test("embeddings of a provider without them are refused", async () => {
    const answer = await fetch(`${origin}/v1/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": SECRET },
      body: JSON.stringify({ model: "anthropic-messages/x", input: "a" }),
    });
    assert.equal(answer.status, 400);
  });
});

describe("an answer nested deeper than any stack", () => {
  for (const stream of [false, true])
    test(`${stream ? "as a stream" : "in one piece"} is one row, and the gateway lives`, async () => {
      const answer = await ask(CLIENT_DIALECTS["openai-chat"], "gemini/tools+deep", { stream });
      await answer.text();
      assert.equal(running.recorder.ends().length, 1); // whether it can be written depends on the engine's serialiser
      DIALECTS.gemini.decodeResponse(Buffer.from(ended()!.raw), ended()!.head.content_type);
      assert.equal((await ask(CLIENT_DIALECTS["openai-chat"], "gemini/text")).status, 200);
    });
});

describe("errors of our own", () => {
  test("are in the dialect of the path, with and without /v1", async () => {
    for (const path of ["/messages", "/v1/messages"]) {
      const answer = await fetch(origin + path, { method: "POST", body: "{}" });
      const body = (await answer.json()) as Record<string, unknown>;
      assert.equal(answer.status, 401);
      assert.deepEqual(
        { ...body, error: (body.error as { type: string }).type },
        { type: "error", error: "authentication_error", request_id: answer.headers.get("x-request-id") },
      );
    }
    const answer = await fetch(`${origin}/responses`, { method: "POST", body: "{}" });
    assert.equal(((await answer.json()) as { error: { code: string } }).error.code, "missing_key");
  });
});

describe("the official clients, unmodified", () => {
  const client_id = "anthropic-messages";
  const openai = (): OpenAI => new OpenAI({ apiKey: SECRET, baseURL: `${origin}/v1`, maxRetries: 0 });

  test("openai reads embeddings, which it asks for in base64", async () => {
    const answer = await openai().embeddings.create({ model: "openai-chat/embedder", input: "a card" });
    assert.deepEqual(answer.data[0]!.embedding, ["a card".length, -1]);
    assert.match(upstream.seen[0]!.body, /"encoding_format":"base64"/);
    assert.deepEqual([begun()?.operation, ended()?.head.status], ["embeddings", "ok"]);
    const read = DIALECTS["openai-chat"].decodeResponse(Buffer.from(ended()!.raw), "application/json");
    assert.equal(read.usage?.input_tokens, 3);
  });

  for (const provider of DIALECT_IDS)
    test(`@anthropic-ai/sdk reads an answer of ${provider}, and raises what goes wrong`, async () => {
      const client = new Anthropic({ apiKey: SECRET, baseURL: origin, maxRetries: 0 });
      const request = (model: string) => ({
        model: `${provider}/${model}`,
        max_tokens: 100,
        messages: [{ role: "user" as const, content: "Hi" }],
      });
      const whole = await client.messages.create(request("text"));
      assert.deepEqual(whole.content, [
        { type: "text", text: CARD_TEXT, ...(provider !== client_id && { citations: null }) },
      ]);
      assert.deepEqual([whole.usage.input_tokens, whole.usage.cache_read_input_tokens], [8, 4]);
      const { content, stop_reason, usage } = await client.messages.stream(request("tools")).finalMessage();
      const inputs = content.flatMap((block) => (block.type === "tool_use" ? [block.input] : []));
      assert.deepEqual(
        inputs,
        CALLS.map((call) => call.arguments),
      );
      assert.deepEqual([stop_reason, usage.output_tokens], ["tool_use", 8]);
      for (const model of ["truncated", "error-event"])
        await assert.rejects(client.messages.stream(request(model)).finalMessage(), AnthropicError);
      await assert.rejects(client.messages.create(request("429")), AnthropicRateLimitError);
    });

  for (const provider of DIALECT_IDS)
    test(`openai and ai read an answer of ${provider}, and raise what goes wrong`, async () => {
      const client = openai();
      const messages = [{ role: "user" as const, content: "Hi" }];
      const chat = await client.chat.completions.create({ model: `${provider}/text`, messages });
      assert.equal(chat.choices[0]?.message.content, CARD_TEXT);
      const whole = await client.responses.create({ model: `${provider}/text`, input: "Hi" });
      assert.deepEqual([whole.output_text, whole.usage?.input_tokens], [CARD_TEXT, 12]);

      const streamed = client.responses.stream({ model: `${provider}/tools`, input: "Hi" });
      const final = await streamed.finalResponse();
      assert.deepEqual(
        final.output.map(({ type }) => type),
        ["message", "function_call", "function_call"],
      );
      for (const model of [`${provider}/truncated`, `${provider}/error-event`]) {
        await assert.rejects(async () => {
          for await (const _ of await client.responses.create({ model, input: "Hi", stream: true }));
        }, APIError);
        await assert.rejects(async () => {
          for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
        }, APIError);
      }
      await assert.rejects(client.chat.completions.create({ model: `${provider}/429`, messages }), RateLimitError);

      const flywheel = createOpenAICompatible({
        name: "flywheel",
        baseURL: `${origin}/v1`,
        apiKey: SECRET,
        includeUsage: true,
      });
      const { text, usage, finishReason } = await generateText({ model: flywheel(`${provider}/text`), prompt: "Hi" });
      assert.deepEqual([text, usage.inputTokens, finishReason], [CARD_TEXT, 12, "stop"]);
      const stream = streamText({ model: flywheel(`${provider}/reasoning`), prompt: "Hi" });
      assert.deepEqual([await stream.text, await stream.reasoningText], ["42.", "Six times seven."]);
    });
});
