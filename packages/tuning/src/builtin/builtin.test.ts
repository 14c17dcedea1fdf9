import { deepEqual, rejects } from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sortedMessages, testTrainer } from "../../test/trainer-conformance.ts";
import { HYPERPARAMETERS } from "../trainer.ts";
import { builtinTrainer } from "./builtin.ts";

const base = fileURLToPath(new URL("../../../../models/spark/spark.gguf", import.meta.url));

testTrainer({ name: "built in", open: () => builtinTrainer(2), base, result: "adapter" });

test("a loss that runs away in the last step is seen, also where there is nothing to validate with", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-builtin-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const trained = builtinTrainer(1).train({
    base,
    data: { method: "sft", train: sortedMessages(6), validation: [] },
    hyperparameters: { ...HYPERPARAMETERS.sft, epochs: 1, batch: 6, rate: 1 },
    folder,
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  await rejects(trained, /ran away.*learn slower/);
  deepEqual(readdirSync(folder), []);
});
