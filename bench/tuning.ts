// A trainer on the bundled model, as a person would use it: npm run bench -- tuning [--examples 600] [--epochs 3]
// In Python, with an environment's interpreter: [--python <path>], then also on a random model of Llama's shape: [--width 768]
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readGguf } from "@flywheel/local";
import { builtinTrainer, HYPERPARAMETERS, pythonTrainer } from "@flywheel/tuning/training";
import { writeTinyModel } from "../packages/local/test/tiny-model.ts";
import { sortedMessages } from "../packages/tuning/test/trainer-conformance.ts";

const { values } = parseArgs({
  options: {
    examples: { type: "string", default: "600" },
    epochs: { type: "string", default: "3" },
    python: { type: "string" },
    width: { type: "string" },
  },
});
const LAYERS = 12;

const folder = mkdtempSync(join(tmpdir(), "flywheel-bench-tuning-"));
const rows = sortedMessages(Number(values.examples));
const trainer = values.python === undefined ? builtinTrainer() : pythonTrainer({ python: values.python, env: process.env }); // prettier-ignore
const base = values.width === undefined ? new URL("../models/spark/spark.gguf", import.meta.url).pathname : join(folder, "random.gguf"); // prettier-ignore
if (values.width !== undefined) writeTinyModel(base, { width: Number(values.width), layers: LAYERS });
const { parameters } = await readGguf(base);
const began = performance.now();
const report = await trainer.train({
  base,
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
    trainer: trainer.name,
    parameters,
    examples: rows.length,
    epochs: Number(values.epochs),
    tokens: report.tokens,
    seconds: Number(report.seconds.toFixed(1)),
    tokens_per_second: Math.round(report.tokens / report.seconds),
    whole_seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
  }),
);
