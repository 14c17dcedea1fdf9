import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { problem, running } from "../test/running.ts";
import { writeTinyAdapter, writeTinyModel } from "../test/tiny-model.ts";

const GREEDY = { temperature: 0, max_tokens: 20 };

describe("a LoRA adapter", () => {
  test("is loaded and unloaded while its model answers, changes what is said, and shares the weights", async (t) => {
    const { server, folder, complete, health } = await running(t);
    const path = join(folder, "tiny.gguf");
    const adapter = join(folder, "adapter.gguf");
    writeTinyAdapter(adapter);
    const said = async (model: string) => (await complete({ ...GREEDY, model })).choices[0]!.message.content;
    const plain = await said("tiny");
    server.setModels({ tiny: { path }, tuned: { path, adapter } });
    const [meanwhile, tuned] = await Promise.all([said("tiny"), said("tuned")]);
    assert.equal(meanwhile, plain);
    assert.notEqual(tuned, plain);
    assert.equal(await said("tuned"), tuned);
    assert.deepEqual((await health()).models.map(({ state }) => state), ["ready", "ready"]); // prettier-ignore
    server.setModels({ tiny: { path } });
    assert.equal(await said("tiny"), plain);
    writeTinyAdapter(adapter, { seed: 10 });
    server.setModels({ tiny: { path }, tuned: { path, adapter } });
    assert.notEqual(await said("tuned"), tuned);
  });

  test("that changes on the disk is loaded again", async (t) => {
    const { server, folder, complete } = await running(t);
    const adapter = join(folder, "adapter.gguf");
    writeTinyAdapter(adapter);
    server.setModels({ tuned: { path: join(folder, "tiny.gguf"), adapter } });
    const ask = async () => (await complete({ ...GREEDY, model: "tuned" })).choices[0]!.message.content;
    const before = await ask();
    writeTinyAdapter(adapter, { seed: 11 });
    assert.notEqual(await ask(), before);
  });

  test("that does not fit, or is none, is a clear error, and the model itself goes on", async (t) => {
    const { server, folder, chat, complete } = await running(t);
    const path = join(folder, "tiny.gguf");
    const file = (name: string) => join(folder, name);
    writeTinyAdapter(file("wide.gguf"), { width: 64 });
    writeTinyAdapter(file("foreign.gguf"), { architecture: "qwen2" });
    writeTinyModel(file("model.gguf"));
    writeFileSync(file("text.gguf"), "not a model");
    const cases = { wide: /does not fit/, foreign: /is for "qwen2"/, model: /not a LoRA adapter/, text: /not a GGUF/ };
    for (const [name, message] of Object.entries(cases)) {
      server.setModels({ tiny: { path }, tuned: { path, adapter: file(`${name}.gguf`) } });
      const found = await problem(await chat({ model: "tuned" }));
      assert.equal(found.code, "model_unavailable");
      assert.match(found.message, message);
    }
    await complete({ max_tokens: 2 });
  });
});

describe("a context that is too small", () => {
  const long = Array.from({ length: 40 }, (_, i) => ({ role: i % 2 ? "assistant" : "user", content: `turn number ${i}` })); // prettier-ignore
  const messages = [{ role: "system", content: "be brief" }, ...long, { role: "user", content: "and now?" }];

  test("is an error, unless the oldest turns may go", async (t) => {
    const { chat, complete } = await running(t, { contextLength: 256 });
    assert.equal((await problem(await chat({ messages }))).code, "context_length_exceeded");
    const shifted = await complete({ messages, context_shift: true, max_tokens: 4 });
    assert.ok(shifted.usage!.prompt_tokens < 256);
    const alone = [{ role: "user", content: "word ".repeat(400) }];
    assert.equal((await problem(await chat({ messages: alone, context_shift: true }))).code, "context_length_exceeded");
  });

  test("ends an answer, or lets it go on where the oldest tokens may go", async (t) => {
    const { complete } = await running(t, { contextLength: 128 });
    const ask = { grammar: 'root ::= "a" root', max_tokens: 300 };
    const cut = await complete(ask);
    assert.ok(cut.usage!.total_tokens <= 128 && cut.choices[0]!.finish_reason === "length");
    const shifted = await complete({ ...ask, context_shift: true });
    assert.equal(shifted.usage!.completion_tokens, 300);
  });
});

test("a model that is not asked for is unloaded, and loaded again when it is", async (t) => {
  const { complete, until } = await running(t, {}, { idle: 50 });
  await complete({ max_tokens: 2 });
  await until(({ state }) => state === "unloaded");
  await complete({ max_tokens: 2 });
});

test("two long answers do not keep a short one waiting for their end", async (t) => {
  const { chat, complete } = await running(t, { contextLength: 4096 }, { slots: 3 });
  const gone = new AbortController();
  const long = { grammar: 'root ::= "a" root', max_tokens: 4000, stream: true };
  const others = await Promise.all([1, 2].map(() => chat(long, { signal: gone.signal })));
  const readers = others.map((each) => each.body!.getReader());
  for (const reader of readers) await reader.read();
  await complete({ max_tokens: 5 });
  for (const reader of readers) assert.equal((await reader.read()).done, false, "they are still at it");
  gone.abort();
});
