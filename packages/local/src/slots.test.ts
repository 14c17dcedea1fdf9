import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { events, problem, running } from "../test/running.ts";

/** Long enough that no answer ends by itself while a test looks on. */
const ENDLESS = { contextLength: 32_768 };

/** Begins a stream and returns once its first chunk is there. */
async function begin(chat: (fields: object, init: RequestInit) => Promise<Response>) {
  const controller = new AbortController();
  const response = await chat({ stream: true, temperature: 0 }, { signal: controller.signal });
  const reader = response.body!.getReader();
  assert.equal((await reader.read()).done, false);
  return { abort: () => controller.abort() };
}

describe("several requests at once", () => {
  test("all finish, more than there are slots, each with its own answer", async (t) => {
    const { complete, until } = await running(t, { contextLength: 256 }, { slots: 3 });
    const seeds = Array.from({ length: 8 }, (_, seed) => seed);
    const answers = await Promise.all(seeds.map((seed) => complete({ seed, temperature: 2, max_tokens: 100 })));
    assert.ok(answers.every((answer) => answer.choices[0]?.finish_reason));
    assert.equal(new Set(answers.map((answer) => answer.choices[0]?.message.content)).size, 8);
    const model = await until((found) => found.busy === 0);
    const counted = answers.reduce((sum, answer) => sum + (answer.usage?.completion_tokens ?? 0), 0);
    assert.equal(model.completion_tokens, counted);
  });

  test("wait in a bounded queue, and leave it when their client leaves", async (t) => {
    const { chat, complete, until } = await running(t, ENDLESS, { slots: 1, waiting: 1 });
    const running1 = await begin(chat);
    const impatient = new AbortController();
    const left = assert.rejects(chat({}, { signal: impatient.signal }));
    await until((model) => model.waiting === 1);
    const { status, code } = await problem(await chat());
    assert.deepEqual([status, code], [503, "overloaded"]);
    impatient.abort();
    await left;
    await until((model) => model.waiting === 0 && model.busy === 1);
    const patient = complete({ max_tokens: 3 });
    await until((model) => model.waiting === 1);
    running1.abort();
    assert.equal((await patient).usage?.completion_tokens, 3);
  });
});

test("a client that goes away stops its generation and frees its slot", async (t) => {
  const { chat, until } = await running(t, ENDLESS, { slots: 1 });
  const stream = await begin(chat);
  stream.abort();
  const model = await until((found) => found.busy === 0);
  assert.ok(model.completion_tokens > 0);
  assert.ok(model.completion_tokens < 30_000, `generated ${model.completion_tokens} tokens for nobody`);
});

describe("closing", () => {
  test("lets a running answer finish and refuses new ones", async (t) => {
    const { server, chat } = await running(t, { contextLength: 1024 });
    const response = await chat({ stream: true, temperature: 0 });
    const closed = server.close(60_000);
    const all = events(await response.text());
    assert.equal(all.at(-1), "[DONE]");
    await closed;
    await assert.rejects(chat());
  });

  test("ends an answer that takes too long with an error, not as if it were whole", async (t) => {
    const { server, chat } = await running(t, ENDLESS);
    const response = await chat({ stream: true, temperature: 0 });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value ?? "";
    const closed = server.close(0);
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    await closed;
    assert.match(text, /"code":"shutting_down"/);
    assert.doesNotMatch(text, /\[DONE\]/);
  });
});
