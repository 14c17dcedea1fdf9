import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { readGgufMetadata } from "@flywheel/local";
import { runPython, type Variables } from "@flywheel/project";
import type { TrainingProgress, TrainingReport } from "@flywheel/protocol";
import { type Lesson, type Lessons, readLessons } from "../builtin/texts.ts";
import type { Trainer, TrainingTask } from "../trainer.ts";

/** Where `flywheel_train` is. */
const IMPORTS = fileURLToPath(new URL("../../../../python", import.meta.url));
/** Longer texts are left out: attention takes memory with the square of a text's length. */
const MOST_TOKENS = 8192;

/** What the process tells, a line each. */
type Line =
  | { progress: TrainingProgress }
  | { report: Omit<TrainingReport, "model" | "too_long"> }
  | { stopped: true }
  | { error: string };

/** Larger models want smaller steps: 2e-4 is what QLoRA (Dettmers et al. 2023, arXiv:2305.14314) uses up to 13 B parameters. */
const USUAL = { sft: { rate: 2e-4 }, dpo: { rate: 2e-5 } };

export interface PythonTrainerOptions {
  /** The interpreter of an environment that has `python/requirements.txt`. */
  python: string;
  env: Variables;
  /** Milliseconds in which it must finish its step and save what it has, once it is to stop. */
  stopMs?: number;
}

const STOP_MS = 10_000;

/**
 * Trains larger models: LoRA by SFT or DPO in JAX, in a Python process. Texts become tokens here, as they are when the
 * model is served, so that Python needs no tokenizer of its own; the process keeps its own checkpoints.
 */
export function pythonTrainer(options: PythonTrainerOptions): Trainer {
  return { name: "python", usual: USUAL, train: (task) => train(task, options) };
}

async function train(
  task: TrainingTask,
  { python, env, stopMs = STOP_MS }: PythonTrainerOptions,
): Promise<TrainingReport> {
  const { base, data, hyperparameters, folder, onProgress, signal } = task;
  mkdirSync(folder, { recursive: true });
  const lessons = await readLessons(base, data, Math.min(await contextOf(base), MOST_TOKENS));
  const run = createHash("sha256").update(JSON.stringify([hyperparameters, lessons]));
  await pipeline(createReadStream(base), run);
  const file = join(folder, "task.json");
  writeFileSync(join(folder, "lessons.jsonl"), linesOf(lessons));
  writeFileSync(file, JSON.stringify({ base, folder, run: run.digest("hex"), hyperparameters }));
  let last: Exclude<Line, { progress: TrainingProgress }> | undefined;
  const onLine = (text: string) => {
    const line = JSON.parse(text) as Line;
    if ("progress" in line) onProgress(line.progress);
    else last = line;
  };
  const { ended, said } = await runPython({ python, args: ["-m", "flywheel_train", file], imports: IMPORTS, env, onLine, signal, stopMs }); // prettier-ignore
  if (last && "report" in last) return { ...last.report, model: "", too_long: lessons.tooLong };
  signal.throwIfAborted();
  if (last && "error" in last) throw new Error(last.error);
  throw new Error(`the training process ended (${ended})${said ? `: ${said.split("\n").at(-1)}` : "; is there enough memory?"}`); // prettier-ignore
}

async function contextOf(base: string): Promise<number> {
  const metadata = await readGgufMetadata(base);
  const { "general.architecture": architecture } = metadata;
  const context = typeof architecture === "string" ? metadata[`${architecture}.context_length`] : undefined;
  return typeof context === "number" ? context : MOST_TOKENS;
}

/** As `python/flywheel_train/lessons.py` reads them. */
function linesOf({ train, validation }: Lessons): string {
  const of = (split: string, lessons: readonly Lesson[]) =>
    lessons.map(({ text, worse, weight }) => `${JSON.stringify({ split, ids: text.ids, shares: text.weights, ...(worse && { worse: { ids: worse.ids, shares: worse.weights } }), weight })}\n`); // prettier-ignore
  return [...of("train", train), ...of("validation", validation)].join("");
}
