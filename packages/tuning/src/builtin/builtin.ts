import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createRandom } from "@flywheel/evals/statistics";
import type { TrainingReport } from "@flywheel/protocol";
import type { Trainer, TrainingTask } from "../trainer.ts";
import { writeWhole } from "../whole-file.ts";
import { type Adapter, adapterFile, freshAdapter } from "./adapter.ts";
import { adamStep, rateAt } from "./adamw.ts";
import { type Checkpoint, loadCheckpoint, runName, saveCheckpoint } from "./checkpoint.ts";
import { type Crew, startCrew } from "./crew.ts";
import { type Lessons, readLessons } from "./texts.ts";
import { readWeights, type Weights } from "./weights.ts";

/** More do not help models of this size: the texts of a step are few. */
const MOST_THREADS = 4;
const SAVE_MS = 10_000;
/** A loss that has grown so much, in nats, will not come back. */
const RAN_AWAY = 4;

/** Trains small models on this machine: LoRA by SFT or DPO in worker threads, with nothing to install. */
export function builtinTrainer(threads = Math.min(availableParallelism(), MOST_THREADS)): Trainer {
  return { name: "builtin", train: (task) => train(task, threads) };
}

async function train(task: TrainingTask, threads: number): Promise<TrainingReport> {
  const { base, data, hyperparameters, folder } = task;
  mkdirSync(folder, { recursive: true });
  const weights = await readWeights(base);
  const lessons = await readLessons(base, data, weights.shape.context);
  const run = runName(createHash("sha256").update(readFileSync(base)).digest("hex"), hyperparameters, lessons, threads);
  const adapter = sharedAdapter(weights, task);
  const crew = startCrew(base, lessons, adapter, hyperparameters, threads);
  try {
    const state = loadCheckpoint(folder, run) ?? (await fresh(adapter, crew, lessons));
    adapter.values.set(state.values);
    await learnAll({ task, run, lessons, adapter, crew, state });
    adapter.values.set(state.bestValues);
    const file = join(folder, "adapter.gguf");
    writeWhole(file, adapterFile(adapter, weights.shape));
    rmSync(join(folder, "checkpoint.bin"), { force: true });
    const { step, tokens, seconds, before, best } = state;
    const validation_loss = before === null || best === null ? null : { before, after: best };
    return { adapter: file, model: "", steps: step, tokens, seconds, validation_loss, too_long: lessons.tooLong }; // prettier-ignore
  } finally {
    await crew.close();
  }
}

function sharedAdapter(weights: Weights, { hyperparameters: { rank, alpha, seed } }: TrainingTask): Adapter {
  const made = freshAdapter(weights, rank, alpha, createRandom(seed).uniform);
  const values = new Float32Array(new SharedArrayBuffer(made.values.byteLength));
  values.set(made.values);
  return { ...made, values };
}

async function fresh({ values }: Adapter, crew: Crew, lessons: Lessons): Promise<Checkpoint> {
  const before = lessons.validation.length > 0 ? perToken(await crew.measure()) : null;
  const copy = () => new Float32Array(values);
  const zeros = () => new Float32Array(values.length);
  const moments = { first: zeros(), second: zeros() };
  return { step: 0, tokens: 0, seconds: 0, firstLoss: 0, before, best: before, epochsWithoutBetter: 0, values: copy(), bestValues: copy(), ...moments }; // prettier-ignore
}

const perToken = ({ loss, count }: { loss: number; count: number }) => loss / Math.max(count, 1e-9);

interface Run {
  task: TrainingTask;
  run: string;
  lessons: Lessons;
  adapter: Adapter;
  crew: Crew;
  /** As of the last step. */
  state: Checkpoint;
}

async function learnAll(of: Run): Promise<void> {
  const { task, run, lessons, adapter, crew, state } = of;
  const { epochs, batch, patience } = task.hyperparameters;
  const perEpoch = Math.ceil(lessons.train.length / batch);
  const steps = perEpoch * epochs;
  let saved = Date.now();
  let order: number[] = [];
  while (state.step < steps && state.epochsWithoutBetter < patience) {
    if (task.signal.aborted) {
      save();
      task.signal.throwIfAborted();
    }
    const epoch = Math.floor(state.step / perEpoch);
    const began = performance.now();
    const at = state.step % perEpoch;
    if (at === 0 || order.length === 0) order = shuffled(of, epoch);
    const loss = await learnStep(of, order.slice(at * batch, (at + 1) * batch), steps);
    const validation = state.step % perEpoch === 0 ? await lookAround(of) : undefined;
    state.seconds += (performance.now() - began) / 1000;
    state.values = adapter.values;
    const { step, tokens, seconds } = state;
    task.onProgress({ step, steps, epoch, loss, tokens, seconds, ...(validation !== undefined && { validation_loss: validation }) }); // prettier-ignore
    if (Date.now() - saved > SAVE_MS) save();
  }
  // What the last step did, no other looks at where there is no validation data.
  if (lessons.validation.length === 0 && order.length > 0)
    checkLoss(perToken(await crew.learn(order.slice(0, batch))), of);

  function save(): void {
    saveCheckpoint(task.folder, run, state);
    saved = Date.now();
  }
}

/** The lessons in another order for every epoch, the same whenever the run is done again. */
function shuffled({ task, lessons }: Run, epoch: number): number[] {
  const random = createRandom(task.hyperparameters.seed * 1009 + epoch + 1);
  const order = lessons.train.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

async function learnStep(of: Run, lessons: readonly number[], steps: number): Promise<number> {
  const { task, adapter, crew, state } = of;
  const learned = await crew.learn(lessons);
  const loss = perToken(learned);
  if (state.step === 0) state.firstLoss = loss;
  checkLoss(loss, of);
  for (let i = 0; i < crew.gradient.length; i++) crew.gradient[i]! /= Math.max(learned.count, 1e-9);
  adamStep(adapter.values, crew.gradient, state, task.hyperparameters.rate * rateAt(state.step, steps), state.step + 1);
  state.step++;
  state.tokens += learned.tokens;
  return loss;
}

function checkLoss(loss: number, { task, state }: Run): void {
  if (Number.isFinite(loss) && loss <= state.firstLoss + RAN_AWAY) return;
  const { rate } = task.hyperparameters;
  throw new Error(`the loss ran away (${loss.toFixed(2)} nats): learn slower, say with a rate of ${rate / 4} in place of ${rate}`); // prettier-ignore
}

/** The validation loss; what is best so far is kept. Without validation data the last state is. */
async function lookAround({ lessons, adapter, crew, state }: Run): Promise<number | undefined> {
  if (lessons.validation.length === 0) {
    state.bestValues.set(adapter.values);
    return undefined;
  }
  const loss = perToken(await crew.measure());
  if (loss < (state.best ?? Number.POSITIVE_INFINITY)) {
    state.best = loss;
    state.bestValues.set(adapter.values);
    state.epochsWithoutBetter = 0;
  } else state.epochsWithoutBetter++;
  return loss;
}
