import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { events, problem, running } from "../test/running.ts";

const GREEDY = { temperature: 0, max_tokens: 40 };

describe("a chat completion", () => {
  test("has every field that OpenAI's schema requires, and usage that adds up", async (t) => {
    const { complete } = await running(t);
    const answer = await complete({ ...GREEDY, max_tokens: 12 });
    const { id, created, system_fingerprint, choices, usage, ...rest } = answer;
    assert.match(id, /^chatcmpl-/);
    assert.ok(Math.abs(created - Date.now() / 1000) < 600);
    assert.match(system_fingerprint ?? "", /^fp_/);
    assert.deepEqual(rest, { object: "chat.completion", model: "tiny" });
    const content = choices[0]?.message.content;
    assert.ok(content);
    const message = { role: "assistant", content, refusal: null, annotations: [] };
    assert.deepEqual(choices, [{ index: 0, message, logprobs: null, finish_reason: "length" }]);
    assert.deepEqual(usage, { prompt_tokens: 16, completion_tokens: 12, total_tokens: 28 });
  });

  test("streams the same text it would give whole, in OpenAI's order of chunks", async (t) => {
    const { chat, complete } = await running(t);
    const whole = await complete(GREEDY);
    const response = await chat({ ...GREEDY, stream: true, stream_options: { include_usage: true } });
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const all = events(await response.text());
    assert.equal(all.pop(), "[DONE]");
    const chunks = all.filter((chunk) => chunk !== "[DONE]");
    assert.deepEqual(chunks[0]?.choices[0]?.delta, { role: "assistant", content: "", refusal: null });
    assert.deepEqual(chunks.at(-2)?.choices[0], { index: 0, delta: {}, logprobs: null, finish_reason: "length" });
    assert.deepEqual(chunks.at(-1)?.choices, []);
    assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    assert.equal(text, whole.choices[0]?.message.content);
    assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  });

  test("says nothing about usage in a stream that did not ask", async (t) => {
    const { chat } = await running(t);
    const all = events(await (await chat({ ...GREEDY, stream: true })).text());
    assert.ok(all.every((chunk) => chunk === "[DONE]" || !("usage" in chunk)));
  });

  test("ends before a stop string, also where it is spread over tokens and chunks", async (t) => {
    const { chat, complete } = await running(t);
    const whole = (await complete(GREEDY)).choices[0]?.message.content ?? "";
    const stop = whole.slice(5, 9);
    const before = whole.slice(0, whole.indexOf(stop));
    const stopped = await complete({ ...GREEDY, stop });
    assert.equal(stopped.choices[0]?.message.content, before);
    assert.equal(stopped.choices[0]?.finish_reason, "stop");
    const streamed = events(await (await chat({ ...GREEDY, stream: true, stop: ["\u0000", stop] })).text());
    const text = streamed.map((chunk) => (chunk === "[DONE]" ? "" : (chunk.choices[0]?.delta.content ?? ""))).join("");
    assert.equal(text, before);
  });

  test("is the same for the same seed and another for another", async (t) => {
    const { complete } = await running(t);
    const say = async (seed: number) =>
      (await complete({ temperature: 1.5, max_tokens: 60, seed })).choices[0]?.message.content;
    const first = await say(7);
    assert.equal(await say(7), first);
    assert.notEqual(await say(8), first);
    assert.equal(await say(-1), await say(-1));
  });

  test("differs from call to call where no seed is given", async (t) => {
    const { complete } = await running(t);
    const answers = await Promise.all(Array.from({ length: 4 }, () => complete({ temperature: 2, max_tokens: 60 })));
    assert.equal(new Set(answers.map((answer) => answer.choices[0]?.message.content)).size, 4);
  });

  test("repeats itself less under a frequency penalty", async (t) => {
    const { complete } = await running(t);
    const distinct = async (fields: object) =>
      new Set((await complete({ ...GREEDY, max_tokens: 100, ...fields })).choices[0]?.message.content).size;
    assert.ok((await distinct({ frequency_penalty: 2 })) > (await distinct({})));
  });

  test("fills the context and no more where no limit is given, or one too large", async (t) => {
    const { complete } = await running(t, { contextLength: 256 });
    for (const fields of [{}, { max_tokens: 100_000 }]) {
      const answer = await complete({ temperature: 0, ...fields });
      assert.equal(answer.usage?.total_tokens, 256);
      assert.equal(answer.choices[0]?.finish_reason, "length");
    }
  });

  test("reads a long prompt whole", async (t) => {
    const { complete } = await running(t, { contextLength: 2048 });
    const content = "qz".repeat(700);
    const answer = await complete({ ...GREEDY, messages: [{ role: "user", content }], max_tokens: 5 });
    assert.equal(answer.usage?.prompt_tokens, 14 + 1400);
    const other = await complete({
      ...GREEDY,
      messages: [{ role: "user", content: "zq" + content.slice(2) }],
      max_tokens: 5,
    });
    assert.equal(other.usage?.prompt_tokens, 14 + 1400);
  });

  test("treats the template's marks inside a message as plain characters", async (t) => {
    const { complete } = await running(t);
    const tokens = async (content: string) =>
      (await complete({ ...GREEDY, messages: [{ role: "user", content }], max_tokens: 1 })).usage?.prompt_tokens ?? 0;
    assert.equal((await tokens("<|im_end|>")) - (await tokens("q")), 9);
  });

  test("takes conversations with system, developer, user and assistant, and text in parts", async (t) => {
    const { complete } = await running(t);
    const messages = [
      { role: "system", content: "be kind" },
      {
        role: "user",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: " two" },
        ],
      },
      { role: "assistant", content: "yes", refusal: null, tool_calls: [], annotations: [] },
      { role: "user", content: "three" },
    ];
    const whole = await complete({ ...GREEDY, messages });
    const [system, user, ...rest] = messages;
    const same = [{ ...system, role: "developer" }, { ...user, content: "one two" }, ...rest];
    assert.equal(
      (await complete({ ...GREEDY, messages: same })).choices[0]?.message.content,
      whole.choices[0]?.message.content,
    );
    const shorter = await complete({ ...GREEDY, messages: messages.slice(1) });
    assert.ok((shorter.usage?.prompt_tokens ?? 0) < (whole.usage?.prompt_tokens ?? 0));
  });
});

describe("a request that cannot be answered", () => {
  test("says by how much messages exceed the context", async (t) => {
    const { chat } = await running(t, { contextLength: 256 });
    const messages = [{ role: "user", content: "q".repeat(500) }];
    for (const stream of [false, true]) {
      const { status, code, param, message } = await problem(await chat({ messages, stream }));
      assert.deepEqual([status, code, param], [400, "context_length_exceeded", "messages"]);
      assert.match(message, /514 tokens.*256/);
    }
  });

  test("is told apart by path, method, key, type, size and syntax", async (t) => {
    const { url, chat, secret } = await running(t);
    const authorization = `Bearer ${secret}`;
    const cases: [Promise<Response>, status: number, code: string][] = [
      [fetch(`${url}/v1/chat/completions`), 401, "missing_key"],
      [fetch(`${url}/healthz`, { headers: { authorization: "Bearer wrong" } }), 401, "invalid_key"],
      [fetch(`${url}/v1/nothing`, { headers: { authorization } }), 404, "not_found"],
      [fetch(`${url}/v1/chat/completions`, { headers: { authorization } }), 405, "method_not_allowed"],
      [chat({}, { body: '{"model":' }), 400, "invalid_json"],
      [chat({}, { body: "[]" }), 400, "invalid_request"],
      [
        chat({}, { body: "<xml/>", headers: { authorization, "content-type": "text/xml" } }),
        415,
        "unsupported_media_type",
      ],
      [chat({}, { body: " ".repeat(21 * 2 ** 20) }), 413, "body_too_large"],
      [chat({ model: "spork" }), 404, "model_not_found"],
      [chat({ model: "__proto__" }), 404, "model_not_found"],
    ];
    for (const [sent, status, code] of cases) {
      const found = await problem(await sent);
      assert.deepEqual([found.status, found.code], [status, code]);
    }
  });
});

test("models are listed as OpenAI lists them", async (t) => {
  const { url, secret } = await running(t);
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
  const { object, data } = (await response.json()) as { object: string; data: Record<string, unknown>[] };
  assert.equal(object, "list");
  assert.deepEqual(
    data.map(({ created, ...model }) => ({ ...model, created: typeof created })),
    [{ id: "tiny", object: "model", created: "number", owned_by: "flywheel" }],
  );
});
