// The built-in trainer on the bundled model, as a person would use it: npm run bench -- tuning [--examples 600] [--epochs 3]
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtinTrainer, HYPERPARAMETERS } from "@flywheel/tuning/training";
import { sortedMessages } from "../packages/tuning/test/trainer-conformance.ts";

const BASE = new URL("../models/spark/spark.gguf", import.meta.url).pathname;
const { values } = parseArgs({ options: { examples: { type: "string", default: "600" }, epochs: { type: "string", default: "3" } } }); // prettier-ignore

const folder = mkdtempSync(join(tmpdir(), "flywheel-bench-tuning-"));
const rows = sortedMessages(Number(values.examples));
const began = performance.now();
const report = await builtinTrainer().train({
  base: BASE,
  data: { method: "sft", train: rows, validation: [] },
  hyperparameters: { ...HYPERPARAMETERS.sft, epochs: Number(values.epochs) },
  folder,
  onProgress: ({ step, steps, loss }) =>
    void (process.stderr.isTTY && process.stderr.write(`\r\u001B[2Kstep ${step} of ${steps}  loss ${loss.toFixed(3)}`)),
  signal: new AbortController().signal,
});
rmSync(folder, { recursive: true });
console.log(
  JSON.stringify({
    machine: { cpu: cpus()[0]?.model.trim(), threads: availableParallelism(), node: process.version },
    examples: rows.length,
    epochs: Number(values.epochs),
    tokens: report.tokens,
    seconds: Number(report.seconds.toFixed(1)),
    tokens_per_second: Math.round(report.tokens / report.seconds),
    whole_seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
  }),
);
