import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promotionLine } from "@flywheel/deploy/commands";
import { makeTrainerPython, trainerPython } from "@flywheel/project";
import { type CommandOptions, type CreateJob, FlywheelError, type Hyperparameters, type Job, type Promotion } from "@flywheel/protocol"; // prettier-ignore
import { modelNames } from "./answer.ts";
import type { AppCommand, AppContext } from "./app-command.ts";
import { evidenceLines, followJob } from "./job.ts";
import { publicApi } from "./public-api.ts";

const LOOK_MS = 100;
const MOST_LOOKS = 50;
const GATE_NOT_MET = 4;

/** `flywheel tune`: a model learns from a dataset, and takes a route's front where it is shown to be better. */
export const tuneCommand: AppCommand = {
  usage: "tune <dataset>",
  summary: "tune a model on a dataset; the result is served at once",
  options: [
    { flags: "--model <model>", description: "what to tune", default: "local/spark" },
    { flags: "--name <name>", description: "what to call the result (default: the model's name and the dataset's)" },
    {
      flags: "--trainer <trainer>",
      description: "python: for larger local models, in an environment made now (default: what fits the model)",
    },
    { flags: "--method <method>", description: "sft (examples) or dpo (preferences); default: what the dataset holds" },
    { flags: "--epochs <n>", description: "passes over the data" },
    { flags: "--rate <rate>", description: "how fast it learns" },
    { flags: "--rank <n>", description: "of the adapter; a multiple of 8" },
    { flags: "--seed <n>", description: "the same seed learns the same", default: "1" },
    { flags: "--promote-if <condition>", description: "better: promote where held-out examples show it; exit code 4 where not" }, // prettier-ignore
    { flags: "--route <route>", description: "in front of which route", default: "default" },
    { flags: "--protect <slice...>", description: "what must not get worse: field=value, field=* or a dataset" }, // prettier-ignore
    { flags: "--margin <share>", description: "how much better it must be, 0.02 = two points", default: "0" },
  ],
  examples: ["flywheel tune triage", "flywheel tune triage@2 --name triage-b --epochs 6", "flywheel tune triage --promote-if better --route fast --protect queue=*", "flywheel tune pairs --method dpo --json", "flywheel tune triage --model openai/gpt-4.1-mini"], // prettier-ignore
  async run(context, [reference], options) {
    const { json, out } = context;
    const asked: CreateJob = {
      dataset: reference!,
      model: String(options["model"]),
      ...(text(options, "name") !== undefined && { name: text(options, "name") }),
      ...(text(options, "trainer") !== undefined && { trainer: text(options, "trainer") }),
      ...(text(options, "method") !== undefined && { method: method(options) }),
      hyperparameters: hyperparameters(options),
      ...(promoteIf(options) && { promotion: promotionOf(options) }),
    };
    if (asked.trainer === "python" && /^local\/|^[^/]+$/.test(asked.model!)) await preparePython(context);
    const api = await context.api();
    const { id } = await api.post<Job>("/api/jobs", asked);
    const job = await followJob(context, id);
    const isServed = job.report?.model ? true : await served(context, job.candidate);
    if (json) out(JSON.stringify({ ...job, promoted: job.evidence?.promoted ?? false }));
    else await tell(context, job, isServed);
    return job.evidence && !job.evidence.promoted ? GATE_NOT_MET : 0;
  },
};

/** What the Python trainer needs is downloaded on no other word than this. */
async function preparePython({ place, note, signal }: AppContext): Promise<void> {
  if (trainerPython(place.dataDir) !== undefined) return;
  const onBegin = () => note("The Python trainer's environment is made, once: JAX is downloaded and checked against its hashes."); // prettier-ignore
  const { bytes, seconds } = await makeTrainerPython({ dataDir: place.dataDir, env: process.env, onBegin, signal });
  note(`It takes ${Math.round(bytes / 1e6)} MB in ${join(place.dataDir, "python")} and took ${Math.round(seconds)} s.`);
}

async function tell({ api, out, note }: AppContext, job: Job, isServed: boolean): Promise<void> {
  const { report, candidate, dataset, training, evidence, promotion, promotion_id } = job;
  const { steps, tokens, seconds, validation_loss, too_long } = report!;
  out(`${candidate}  ${training!.method} of ${dataset}: ${steps} steps, ${tokens.toLocaleString("en")} tokens, ${seconds.toFixed(0)} s`); // prettier-ignore
  if (validation_loss) out(`loss on what it did not learn from: ${validation_loss.before.toFixed(3)} → ${validation_loss.after.toFixed(3)}`); // prettier-ignore
  if (too_long > 0) note(`${too_long} texts were longer than the model's context and left out.`);
  if (evidence) evidenceLines(evidence).forEach(out);
  if (promotion_id) {
    out(promotionLine(await (await api()).get<Promotion>(`/api/promotions/${promotion_id}`)));
    note(`One command takes it back: flywheel rollback ${promotion!.route}`);
  } else note(isServed ? `Ask it: flywheel chat ${candidate} "…"` : "It is served as soon as a server runs here.");
}

/** Waits until a running server knows the model. @returns false where none runs */
async function served({ place, signal }: AppContext, model: string): Promise<boolean> {
  const api = await publicApi(place).catch(() => undefined);
  if (!api) return false;
  for (let tries = 0; tries < MOST_LOOKS; tries++) {
    if ((await modelNames(api).catch((): string[] => [])).includes(model)) return true;
    await sleep(LOOK_MS, undefined, { signal });
  }
  return false;
}

const usage = (reason: string) => new FlywheelError("invalid_request", { reason });
const text = (options: CommandOptions, name: string) => (typeof options[name] === "string" ? options[name] : undefined);

function promoteIf(options: CommandOptions): boolean {
  const condition = text(options, "promoteIf");
  if (condition !== undefined && condition !== "better") throw usage("--promote-if knows one condition: better.");
  return condition === "better";
}

/** What `--route`, `--protect` and `--margin` say. */
export function promotionOf(options: CommandOptions): NonNullable<CreateJob["promotion"]> {
  const protect = Array.isArray(options["protect"]) ? options["protect"] : [];
  return { route: String(options["route"]), protect, margin: number(options, "margin") ?? 0 };
}

function method(options: CommandOptions): "sft" | "dpo" {
  const given = options["method"];
  if (given === "sft" || given === "dpo") return given;
  throw usage("--method is sft or dpo.");
}

/** The server says what each may be. */
function hyperparameters(options: CommandOptions): Partial<Hyperparameters> {
  const names = ["epochs", "rate", "rank", "seed"] as const;
  const given = Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, number(options, name)]]))) as Partial<Hyperparameters>; // prettier-ignore
  return given.rank === undefined ? given : { ...given, alpha: 2 * given.rank };
}

function number(options: CommandOptions, name: string): number | undefined {
  const given = text(options, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === "" || !Number.isFinite(value)) throw usage(`--${name} must be a number, not ${JSON.stringify(given)}.`); // prettier-ignore
  return value;
}
