import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { events, problem, running } from "../test/running.ts";
import { tinyModel, writeTinyModel } from "../test/tiny-model.ts";

const LOOP = "{% for a in range(100000) %}";
const ENDLESS = `${LOOP}${LOOP}{% endfor %}{% endfor %}{{ messages[0].content }}`;
const GREEDY = { temperature: 0, max_tokens: 30 };

describe("a file that is not a usable model", () => {
  const good = tinyModel();
  const reworded = (from: string, to: string) =>
    Buffer.from(tinyModel().toString("latin1").replace(from, to), "latin1");
  const files: [what: string, bytes: Buffer, message: RegExp][] = [
    ["an empty file", Buffer.alloc(0), /not a GGUF/],
    ["a text file", Buffer.from("{}\n".repeat(100)), /not a GGUF/],
    ["a file cut inside its header", good.subarray(0, 3000), /truncated/],
    ["a file cut inside its weights", good.subarray(0, good.length - 4096), /truncated/],
    ["random bytes after the magic", Buffer.concat([good.subarray(0, 8), Buffer.alloc(4000, 0xa5)]), /claims/],
    ["a foreign architecture", tinyModel({ architecture: "zeppelin" }), /unknown model architecture: 'zeppelin'/],
    ["an adapter", tinyModel({ metadata: { "general.type": { text: "adapter" } } }), /not a model but/],
    ["scores for other tokens", tinyModel({ metadata: { "tokenizer.ggml.scores": { f32s: [1, 2] } } }), /do not match/],
    [
      "an end token that is none",
      tinyModel({ metadata: { "tokenizer.ggml.eos_token_id": { u32: 1e6 } } }),
      /eos_token_id/,
    ],
    ["a token that occurs twice", reworded("<0x41>", "<0x42>"), /"<0x42>" occurs twice/],
    ["a byte that cannot be spelled", reworded("<0x41>", "<?x41>"), /names no byte/],
    [
      "a negative epsilon",
      tinyModel({ metadata: { "llama.attention.layer_norm_rms_epsilon": { f32: -1 } } }),
      /epsilon is -1/,
    ],
    ["no feed-forward length", tinyModel({ metadata: { "llama.feed_forward_length": undefined } }), /feed_forward/],
    ["no heads", tinyModel({ metadata: { "llama.attention.head_count": { u32: 0 } } }), /head_count is 0/],
    [
      "a template without end",
      tinyModel({ metadata: { "tokenizer.chat_template": { text: ENDLESS } } }),
      /template fails/,
    ],
    ["more layers than it holds", tinyModel({ metadata: { "llama.block_count": { u32: 9 } } }), /missing tensor/],
  ];

  for (const [what, bytes, message] of files) {
    test(`is a clear error for that model alone: ${what}`, async (t) => {
      const { server, folder, chat, complete, health } = await running(t);
      const path = join(folder, "broken.gguf");
      writeFileSync(path, bytes);
      server.setModels({ tiny: { path: join(folder, "tiny.gguf") }, broken: { path } });
      const found = await problem(await chat({ model: "broken" }));
      assert.deepEqual([found.status, found.code, found.param], [503, "model_unavailable", "model"]);
      assert.match(found.message, message);
      assert.equal((await complete({ max_tokens: 3 })).usage?.completion_tokens, 3);
      const report = (await health()).models.find((model) => model.id === "broken");
      assert.equal(report?.state, "failed");
      assert.match(report?.error ?? "", message);
    });
  }

  test("is a clear error where it is missing, a folder, or to be given more context than it has", async (t) => {
    const { server, folder, chat } = await running(t);
    mkdirSync(join(folder, "folder.gguf"));
    server.setModels({
      missing: { path: join(folder, "missing.gguf") },
      folder: { path: join(folder, "folder.gguf") },
      long: { path: join(folder, "tiny.gguf"), context_length: 513 },
    });
    for (const [model, message] of [
      ["missing", /there is no file/],
      ["folder", /is not a file/],
      ["long", /513 is more than the 512/],
    ] as const) {
      const found = await problem(await chat({ model }));
      assert.equal(found.code, "model_unavailable");
      assert.match(found.message, message);
    }
  });
});

describe("a model file that changes while it is served", () => {
  test("is loaded anew for the next request, while a running one finishes on the old", async (t) => {
    const { folder, chat, complete } = await running(t, { contextLength: 1024 });
    const before = await complete(GREEDY);
    const running1 = await chat({ temperature: 0, stream: true });
    writeTinyModel(join(folder, "next.gguf"), { seed: 2 });
    renameSync(join(folder, "next.gguf"), join(folder, "tiny.gguf"));
    const after = await complete(GREEDY);
    assert.notEqual(after.choices[0]?.message.content, before.choices[0]?.message.content);
    assert.notEqual(after.system_fingerprint, before.system_fingerprint);
    const all = events(await running1.text());
    assert.equal(all.at(-1), "[DONE]");
    assert.ok(all.every((chunk) => chunk === "[DONE]" || chunk.system_fingerprint === before.system_fingerprint));
  });

  test("fails while it is broken and works again once it is whole", async (t) => {
    const { folder, chat, complete } = await running(t);
    const path = join(folder, "tiny.gguf");
    const before = await complete(GREEDY);
    writeFileSync(path, tinyModel().subarray(0, 50_000));
    assert.equal((await problem(await chat())).code, "model_unavailable");
    rmSync(path);
    assert.equal((await problem(await chat())).code, "model_unavailable");
    writeTinyModel(path);
    assert.equal((await complete(GREEDY)).choices[0]?.message.content, before.choices[0]?.message.content);
  });
});

describe("the table of models", () => {
  test("loads a model on first use and reports what it takes", async (t) => {
    const { complete, health } = await running(t);
    assert.equal((await health()).models[0]?.state, "unloaded");
    await complete({ max_tokens: 2 });
    const { rss_bytes, threads, models } = await health();
    assert.ok(rss_bytes > 2 ** 20);
    assert.equal(threads, 1);
    assert.equal(models[0]?.state, "ready");
    assert.equal(models[0]?.parameters, 44_384);
    assert.ok(models[0].model_bytes > 100_000 && models[0].context_bytes > 0);
  });

  test("can be replaced: removed models are unknown, new ones answer", async (t) => {
    const { server, folder, chat, complete } = await running(t);
    await complete({ max_tokens: 2 });
    server.setModels({ other: { path: join(folder, "tiny.gguf"), context_length: 256 } });
    const { code, message } = await problem(await chat());
    assert.equal(code, "model_not_found");
    assert.match(message, /other/);
    assert.equal((await complete({ model: "other" })).usage?.total_tokens, 256);
  });

  test("frees an idle model and loads it again", async (t) => {
    const { complete, until } = await running(t, {}, { idle: 50 });
    await complete({ max_tokens: 2 });
    await until((model) => model.state === "unloaded");
    assert.equal((await complete({ max_tokens: 2 })).usage?.completion_tokens, 2);
  });
});
