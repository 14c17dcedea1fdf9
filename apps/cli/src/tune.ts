import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "@flywheel/project";
import { type CommandOptions, type Dataset, FlywheelError } from "@flywheel/protocol";
import { keepTuned, tunedFolder, withSpark } from "@flywheel/server";
import { allRows } from "@flywheel/tuning/commands";
import { builtinTrainer, HYPERPARAMETERS, type Hyperparameters, type TrainingProgress, trainingDataOf } from "@flywheel/tuning/training"; // prettier-ignore
import { modelNames } from "./answer.ts";
import type { AppCommand, AppContext } from "./app-command.ts";
import { wholeNumber } from "./place.ts";
import { createProgress } from "./progress.ts";
import { publicApi } from "./public-api.ts";

const LOOK_MS = 100;
const MOST_LOOKS = 50;

/** `flywheel tune`: a local model learns from a dataset, on this machine, and is served beside the one it came from. */
export const tuneCommand: AppCommand = {
  usage: "tune <dataset>",
  summary: "tune a local model on a dataset; the result is served at once",
  options: [
    { flags: "--model <model>", description: "what to tune", default: "local/spark" },
    { flags: "--name <name>", description: "what to call the result (default: the model's name and the dataset's)" },
    { flags: "--method <method>", description: "sft (examples) or dpo (preferences); default: what the dataset holds" },
    { flags: "--epochs <n>", description: "passes over the data" },
    { flags: "--rate <rate>", description: "how fast it learns" },
    { flags: "--rank <n>", description: "of the adapter; a multiple of 8" },
    { flags: "--seed <n>", description: "the same seed learns the same", default: "1" },
  ],
  examples: ["flywheel tune triage", "flywheel tune triage@2 --name triage-b --epochs 6", "flywheel tune pairs --method dpo --json"], // prettier-ignore
  async run(context, [reference], options) {
    const { out, note, json, place, signal } = context;
    const api = await context.api();
    const dataset = await api.get<Dataset>(`/api/datasets/${encodeURIComponent(reference!)}`);
    const [base, short] = await modelFile(context, String(options["model"]));
    const data = trainingDataOf(await allRows(api, dataset.id), methodNamed(options["method"]));
    const name = nameOf(options["name"] ?? `${short}-${dataset.name}`);
    const folder = join(tunedFolder(place.dataDir), name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const bar = createProgress();
    const hyperparameters = { ...HYPERPARAMETERS[data.method], ...chosen(options) };
    const onProgress = (progress: TrainingProgress) => {
      bar.at(progress.step / progress.steps, lineOf(progress));
      if (json) out(JSON.stringify(progress));
    };
    const report = await builtinTrainer()
      .train({ base, data, hyperparameters, folder, onProgress, signal })
      .catch((cause: Error) => {
        if (signal.aborted) throw new Error("Stopped; the same command goes on from here.", { cause });
        throw new FlywheelError("training_failed", { reason: cause.message }, { cause });
      })
      .finally(() => bar.end());
    const { adapter, validation_loss, steps, tokens, seconds } = report;
    if (validation_loss && validation_loss.after >= validation_loss.before)
      throw new FlywheelError("training_failed", { reason: "on what it did not learn from it never got better, so nothing was kept" }); // prettier-ignore
    const version = `${dataset.name}@${dataset.version}`;
    keepTuned(place.dataDir, { name, base, adapter, dataset: version, method: data.method, created: Date.now(), validation_loss }); // prettier-ignore
    const isServed = await served(place, `local/${name}`, signal);
    if (json) return out(JSON.stringify({ ...report, model: `local/${name}`, dataset: version, method: data.method }));
    out(`local/${name}  ${data.method} of ${version}: ${steps} steps, ${tokens.toLocaleString("en")} tokens, ${seconds.toFixed(0)} s`); // prettier-ignore
    if (validation_loss)
      out(
        `loss on what it did not learn from: ${validation_loss.before.toFixed(3)} → ${validation_loss.after.toFixed(3)}`,
      );
    if (report.too_long > 0) note(`${report.too_long} texts were longer than the model's context and left out.`);
    note(isServed ? `Ask it: flywheel chat local/${name} "…"` : "It is served as soon as a server runs here.");
  },
};

/** Waits until a running server knows the model. @returns false where none runs */
async function served(place: AppContext["place"], model: string, signal: AbortSignal): Promise<boolean> {
  const api = await publicApi(place).catch(() => undefined);
  if (!api) return false;
  for (let tries = 0; tries < MOST_LOOKS; tries++) {
    if ((await modelNames(api).catch((): string[] => [])).includes(model)) return true;
    await sleep(LOOK_MS, undefined, { signal });
  }
  return false;
}

/** The file of `local/<name>`, and its name. */
async function modelFile({ place }: AppContext, model: string): Promise<[path: string, name: string]> {
  const name = model.replace(/^local\//, "");
  const { local } = withSpark(await loadConfig(place.projectDir));
  const found = Object.hasOwn(local, name) ? local[name] : undefined;
  if (found?.adapter !== undefined) throw usage(`${model} has an adapter already; tune the model it was made for.`);
  if (found) return [found.path, name];
  const known = Object.keys(local).map((each) => `local/${each}`);
  throw usage(`--model must be a local model (${known.join(", ")}), not ${JSON.stringify(model)}.`);
}

const usage = (reason: string) => new FlywheelError("invalid_request", { reason });

function nameOf(value: unknown): string {
  if (typeof value === "string" && /^[a-z0-9][\w.-]{0,62}$/i.test(value)) return value;
  throw usage("--name is letters, digits, `.`, `_` and `-`.");
}

function methodNamed(value: unknown): "sft" | "dpo" | undefined {
  if (value === undefined || value === "sft" || value === "dpo") return value;
  throw usage("--method is sft or dpo.");
}

function chosen(options: CommandOptions): Partial<Hyperparameters> {
  const text = (name: string) => (typeof options[name] === "string" ? options[name] : undefined);
  const [epochs, rate, rank] = [text("epochs"), text("rate"), text("rank")];
  if (rank !== undefined && wholeNumber("--rank", rank, 8, 64) % 8 !== 0) throw usage("--rank must be a multiple of 8."); // prettier-ignore
  if (rate !== undefined && !(Number(rate) > 0)) throw usage("--rate must be a number above 0.");
  return {
    seed: wholeNumber("--seed", text("seed") ?? "1", 0, 2 ** 31),
    ...(epochs !== undefined && { epochs: wholeNumber("--epochs", epochs, 1, 1000) }),
    ...(rate !== undefined && { rate: Number(rate) }),
    ...(rank !== undefined && { rank: Number(rank), alpha: 2 * Number(rank) }),
  };
}

function lineOf({ step, steps, loss, tokens, seconds }: TrainingProgress): string {
  const left = Math.round(((steps - step) * seconds) / step);
  return `step ${step}/${steps}  loss ${loss.toFixed(3)}  ${Math.round(tokens / seconds)} tok/s  ${left} s left`;
}
