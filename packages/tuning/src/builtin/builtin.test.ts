import { ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { serveLocal } from "@flywheel/local/server";
import { SFT, sortedMessages, testTrainer } from "../../test/trainer-conformance.ts";
import { HYPERPARAMETERS } from "../trainer.ts";
import { builtinTrainer } from "./builtin.ts";

const SPARK = new URL("../../../../models/spark/spark.gguf", import.meta.url).pathname;

testTrainer({ name: "built in", open: () => builtinTrainer(2), base: SPARK, result: "adapter" });

test("what it learned is served: beside the model, which goes on as it was", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-builtin-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const hyperparameters = { ...HYPERPARAMETERS.sft, batch: 8, epochs: 8 };
  const { adapter } = await builtinTrainer(2).train({ base: SPARK, data: SFT, hyperparameters, folder, onProgress: () => {}, signal: new AbortController().signal }); // prettier-ignore
  const server = await serveLocal({ models: { spark: { path: SPARK }, tuned: { path: SPARK, adapter } }, host: "127.0.0.1", port: 0, secret: "s", threads: 1, log: () => {} }); // prettier-ignore
  const right = async (model: string) => {
    const asked = sortedMessages(10).map(async ({ messages, completion, response_schema }) => {
      const format = {
        response_format: { type: "json_schema", json_schema: { name: "queue", schema: response_schema } },
      };
      const response = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer s", "content-type": "application/json" },
        body: JSON.stringify({ model, messages, temperature: 0, ...format }),
      });
      const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
      return choices[0]!.message.content === completion;
    });
    return (await Promise.all(asked)).filter(Boolean).length;
  };
  const [before, after] = [await right("spark"), await right("tuned")];
  await server.close(0);
  ok(after >= 9 && after > before, `${before} → ${after} of 10`);
});
