import { ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { writeTinyModel } from "../../../local/test/tiny-model.ts";
import { preferences, sortedMessages, testTrainer } from "../../test/trainer-conformance.ts";
import { builtinTrainer } from "../builtin/builtin.ts";
import { HYPERPARAMETERS, type TrainingData, type TrainingTask } from "../trainer.ts";
import { pythonTrainer } from "./python.ts";

const SPARK = fileURLToPath(new URL("../../../../models/spark/spark.gguf", import.meta.url));
const PYTHON = process.env["FLYWHEEL_TEST_PYTHON"] ?? "";
const skip = PYTHON === "" && "no environment: FLYWHEEL_TEST_PYTHON names the interpreter of one that has python/requirements.txt"; // prettier-ignore
const FEW: TrainingData = { method: "sft", train: sortedMessages(8), validation: sortedMessages(6) };

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "flywheel-python-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function task(t: TestContext, base: string, data: TrainingData): TrainingTask {
  const hyperparameters = { ...HYPERPARAMETERS[data.method], epochs: 1, batch: 8 };
  return { base, data, hyperparameters, folder: join(temporary(t), "run"), onProgress: () => {}, signal: new AbortController().signal }; // prettier-ignore
}

describe("training in Python", { skip }, () => {
  const open = () => pythonTrainer({ python: PYTHON, env: process.env });
  testTrainer({ name: "in Python", open, base: SPARK, result: "adapter" });

  test("the gradient is what finite differences say", () => {
    const cwd = fileURLToPath(new URL("../../../../python", import.meta.url));
    const { status, stderr } = spawnSync(PYTHON, ["-B", "-m", "unittest", "discover", "-s", "tests", "-p", "*_test.py"], { cwd, encoding: "utf8" }); // prettier-ignore
    ok(status === 0, stderr);
  });

  test("a run whose listener is gone keeps what it has, and goes on from there", async (t) => {
    const made = { ...task(t, SPARK, FEW), hyperparameters: { ...HYPERPARAMETERS.sft, batch: 2, epochs: 2 } };
    const listenToOne = pretender(t, `'${PYTHON}' "$@" | head -n 1`);
    await rejects(pythonTrainer({ python: listenToOne, env: process.env }).train(made), /the training process ended/);
    const steps: number[] = [];
    await open().train({ ...made, onProgress: ({ step }) => steps.push(step) });
    ok(steps[0]! > 1 && steps.at(-1) === 8, steps.join());
  });

  for (const shape of ["Qwen", "Llama"] as const)
    test(`a model of ${shape}'s shape says what it says in the built-in trainer, which is held against llama.cpp`, async (t) => {
      const base = shape === "Qwen" ? SPARK : join(temporary(t), "tiny.gguf");
      if (shape === "Llama") writeTinyModel(base);
      const before = async (trainer: { train: ReturnType<typeof open>["train"] }) =>
        (await trainer.train(task(t, base, FEW))).validation_loss!.before;
      const [ours, known] = [await before(open()), await before(builtinTrainer(1))];
      ok(Math.abs(ours - known) < 1e-3, `${ours} is not ${known}`);
    });
});

/** An interpreter that does what a line of shell says. */
function pretender(t: TestContext, shell: string): string {
  const path = join(temporary(t), "python");
  writeFileSync(path, `#!/bin/sh\n${shell}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("a training process that goes wrong", () => {
  const wrong: [what: string, shell: string, error: RegExp][] = [
    ["dies", 'echo "MemoryError: no" >&2; kill -9 $$', /the training process ended \(SIGKILL\): MemoryError: no/],
    ["ends without a word", "exit 3", /the training process ended \(exit code 3\); is there enough memory\?/],
    ["says why", `echo '{"error":"No space left on device (x)"}'; exit 1`, /^Error: No space left on device \(x\)$/],
    ["talks nonsense", "echo hello; sleep 20", /hello/],
  ];
  for (const [what, shell, error] of wrong)
    test(`is told in words: it ${what}`, async (t) => {
      const trainer = pythonTrainer({ python: pretender(t, shell), env: process.env });
      await rejects(trainer.train(task(t, SPARK, FEW)), error);
    });

  test("is ended where it does not stop by itself, with the reason of the abort", async (t) => {
    const stop = new AbortController();
    const line = JSON.stringify({ progress: { step: 1 } });
    const python = pretender(t, `trap '' INT; echo '${line}'; while :; do sleep 1; done`);
    const trainer = pythonTrainer({ python, env: process.env, stopMs: 200 });
    const made = { ...task(t, SPARK, FEW), signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) };
    await rejects(trainer.train(made), /enough/);
  });

  test("is not begun where there is none", async (t) => {
    const data: TrainingData = { method: "dpo", train: preferences(4), validation: [] };
    const folder = temporary(t);
    mkdirSync(join(folder, "bin"));
    const trainer = pythonTrainer({ python: join(folder, "bin/python"), env: process.env });
    await rejects(trainer.train(task(t, SPARK, data)), /ENOENT/);
  });
});
