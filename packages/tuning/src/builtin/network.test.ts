import { deepEqual, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createRandom } from "@flywheel/evals/statistics";
import { serveLocal } from "@flywheel/local/server";
import { writeTinyModel } from "../../../local/test/tiny-model.ts";
import { type Adapter, freshAdapter } from "./adapter.ts";
import { Network, type Sequence } from "./network.ts";
import { readWeights, type Weights } from "./weights.ts";

const SPARK = new URL("../../../../models/spark/spark.gguf", import.meta.url).pathname;
const TEXT: Sequence = { ids: [1, 70, 85, 90, 72, 99, 71, 101, 88, 2], weights: [0, 0, 0, 0, 1, 1, 0.5, 2, 1, 1] };
let dir: string;

before(() => (dir = mkdtempSync(join(tmpdir(), "flywheel-network-"))));
after(() => rmSync(dir, { recursive: true }));

/** A random model of Llama's shape, with an adapter that is not zero. */
async function tiny(): Promise<{ weights: Weights; adapter: Adapter }> {
  const path = join(dir, "tiny.gguf");
  writeTinyModel(path);
  const weights = await readWeights(path);
  const random = createRandom(3).uniform;
  const adapter = freshAdapter(weights, 8, 16, random);
  for (let i = 0; i < adapter.values.length; i++) adapter.values[i]! += (random() - 0.5) * 0.2;
  return { weights, adapter };
}

describe("the gradient of an adapter", () => {
  test("is what finite differences say, for both matrices of every pair", async () => {
    const { weights, adapter } = await tiny();
    const network = new Network(weights, adapter, 16);
    const gradient = new Float32Array(adapter.values.length);
    network.learn(TEXT, gradient);
    const lossAt = (i: number, value: number) => {
      const kept = adapter.values[i]!;
      adapter.values[i] = value;
      network.adapt();
      const loss = network.learn(TEXT, new Float32Array(adapter.values.length));
      adapter.values[i] = kept;
      return loss;
    };
    const random = createRandom(5).uniform;
    for (const { layer, name, a, b, inputs, outputs } of adapter.pairs)
      for (const [part, from, length] of [
        ["A", a, inputs * 8],
        ["B", b, outputs * 8],
      ] as const)
        for (let tries = 0; tries < 3; tries++) {
          const i = from + Math.floor(random() * length);
          const step = 0.02;
          const measured = (lossAt(i, adapter.values[i]! + step) - lossAt(i, adapter.values[i]! - step)) / (2 * step);
          const off = Math.abs(measured - gradient[i]!) / Math.max(0.05, Math.abs(measured));
          ok(off < 0.05, `layer ${layer}, ${name} ${part}: ${gradient[i]} is not ${measured}`);
        }
  });

  test("is the same again, and nothing where nothing counts", async () => {
    const { weights, adapter } = await tiny();
    const network = new Network(weights, adapter, 16);
    const of = (text: Sequence) => {
      const gradient = new Float32Array(adapter.values.length);
      network.learn(text, gradient);
      return gradient;
    };
    deepEqual(of(TEXT), of(TEXT));
    ok(of({ ...TEXT, weights: TEXT.ids.map(() => 0) }).every((value) => value === 0));
  });
});

describe("the log-probabilities", () => {
  for (const [what, path] of [
    ["spark, of Qwen's shape", SPARK],
    ["a model of Llama's shape", ""],
  ] as const)
    test(`are llama.cpp's, on the same file: ${what}`, async () => {
      const file = path || join(dir, "tiny.gguf");
      if (!path) writeTinyModel(file);
      const weights = await readWeights(file);
      const network = new Network(weights, freshAdapter(weights, 8, 16, createRandom(1).uniform), 128);
      const server = await serveLocal({ models: { m: { path: file } }, host: "127.0.0.1", port: 0, secret: "s", threads: 1, log: () => {} }); // prettier-ignore
      const body = {
        model: "m",
        messages: [{ role: "user", content: "My card is lost, 12 times!" }],
        max_tokens: 1,
        prompt_logprobs: 0,
      };
      const answer = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer s", "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const { prompt_logprobs: told } = (await answer.json()) as {
        prompt_logprobs: (Record<string, { logprob: number }> | null)[];
      };
      await server.close(0);
      // Each entry is keyed by the token's id; the first token of these files is their beginning of text.
      const ids = told.map((each) => (each ? Number(Object.keys(each)[0]) : 1));
      const ours = network.logprobs({ ids });
      for (const [i, each] of told.entries())
        if (each) ok(Math.abs(Object.values(each)[0]!.logprob - ours[i]!) < 0.01, `token ${i}: ${ours[i]} is not ${JSON.stringify(each)}`); // prettier-ignore
    });
});
