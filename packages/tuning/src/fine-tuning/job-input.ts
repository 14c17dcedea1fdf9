import { FlywheelError, type Hyperparameters, type TrainingMethod } from "@flywheel/protocol";
import type { FineTuningJob } from "./wire-job.ts";

/** The body of `POST /v1/fine_tuning/jobs`, checked. */
export interface CreateFineTuning {
  model: string;
  training_file: string;
  validation_file: string | null;
  /** "" where none was said. */
  suffix: string;
  metadata: Record<string, string> | null;
  /** Absent: what the file holds. */
  method: TrainingMethod | undefined;
  seed: number | undefined;
  /** As OpenAI calls them; what is `auto` is left out. */
  hyperparameters: Record<string, number>;
}

const MEMBERS = ["model", "training_file", "validation_file", "suffix", "seed", "metadata", "method", "hyperparameters", "integrations"]; // prettier-ignore

/** Of OpenAI's, which are multiples and numbers of our own. */
const RANGES: Record<string, { least: number; most: number; isWhole: boolean }> = {
  n_epochs: { least: 1, most: 50, isWhole: true },
  batch_size: { least: 1, most: 256, isWhole: true },
  learning_rate_multiplier: { least: 1e-4, most: 100, isWhole: false },
  beta: { least: 1e-4, most: 2, isWhole: false },
};
const OF_METHOD: Record<TrainingMethod, string[]> = {
  sft: ["n_epochs", "batch_size", "learning_rate_multiplier"],
  dpo: ["n_epochs", "batch_size", "learning_rate_multiplier", "beta"],
};
const WIRE_METHOD: Record<string, TrainingMethod> = { supervised: "sft", dpo: "dpo" };

/** OpenAI's name for a method. */
export const wireMethod = (method: TrainingMethod): "supervised" | "dpo" => (method === "sft" ? "supervised" : "dpo");

/** Throws `invalid_request` that names the member. */
export function readCreateFineTuning(body: unknown): CreateFineTuning {
  const given = object(body, "", MEMBERS);
  const { model, training_file, integrations, method: wished, hyperparameters } = given;
  if (!isText(model, 200)) throw wrong("model", "`model` is the model to tune, such as local/spark.");
  if (!isText(training_file, 200)) throw wrong("training_file", "`training_file` is the id of a file that was sent to `/v1/files`."); // prettier-ignore
  if (Array.isArray(integrations) ? integrations.length > 0 : integrations != null)
    throw wrong("integrations", "There are no `integrations` here.");
  if (given["suffix"] && /^(?!local\/).+\//.test(model)) throw wrong("suffix", "A provider names its models itself: leave `suffix` out."); // prettier-ignore
  const method = wished == null ? undefined : readMethod(wished);
  if (method && hyperparameters != null)
    throw wrong("hyperparameters", `With \`method\` the hyperparameters belong into \`method.${wireMethod(method.method)}\`.`); // prettier-ignore
  return {
    model,
    training_file,
    validation_file: optional(given, "validation_file", (value) => isText(value, 200), "the id of a file") ?? null,
    suffix: optional(given, "suffix", isSuffix, "up to 40 letters, digits, `.`, `_` and `-`") ?? "",
    seed: optional(given, "seed", isSeed, "a whole number from 0 to 2147483647"),
    metadata: optional(given, "metadata", isMetadata, "up to 16 texts by name") ?? null,
    method: method?.method,
    hyperparameters:
      method?.hyperparameters ?? readHyperparameters(hyperparameters ?? {}, "hyperparameters", OF_METHOD.sft),
  };
}

function readMethod(value: unknown): { method: TrainingMethod; hyperparameters: Record<string, number> } {
  const given = object(value, "method", ["type", "supervised", "dpo"]);
  const type = String(given["type"]);
  const method = Object.hasOwn(WIRE_METHOD, type) ? WIRE_METHOD[type]! : undefined;
  if (method === undefined) throw wrong("method.type", "`method.type` is supervised or dpo.");
  const other = method === "sft" ? "dpo" : "supervised";
  if (given[other] != null) throw wrong(`method.${other}`, `\`method.${other}\` does not go with the type ${type}.`);
  const { hyperparameters = {} } = object(given[type] ?? {}, `method.${type}`, ["hyperparameters"]);
  return { method, hyperparameters: readHyperparameters(hyperparameters, `method.${type}.hyperparameters`, OF_METHOD[method]) }; // prettier-ignore
}

function readHyperparameters(value: unknown, at: string, known: readonly string[]): Record<string, number> {
  const said = Object.entries(object(value, at, known)).filter(([, each]) => each != null && each !== "auto");
  for (const [name, each] of said) {
    const { least, most, isWhole } = RANGES[name]!;
    const isRight = typeof each === "number" && each >= least && each <= most && (!isWhole || Number.isInteger(each));
    if (!isRight) throw wrong(`${at}.${name}`, `\`${name}\` is auto or a ${isWhole ? "whole number" : "number"} from ${least} to ${most}.`); // prettier-ignore
  }
  return Object.fromEntries(said) as Record<string, number>;
}

/** Our own, of OpenAI's; but for the rate, which depends on the trainer. */
export function ownHyperparameters({ hyperparameters, seed }: CreateFineTuning): Partial<Hyperparameters> {
  const { n_epochs, batch_size, beta } = hyperparameters;
  return {
    ...(n_epochs !== undefined && { epochs: n_epochs }),
    ...(batch_size !== undefined && { batch: batch_size }),
    ...(beta !== undefined && { beta }),
    ...(seed !== undefined && { seed }),
  };
}

/** OpenAI's, of our own. */
export function wireHyperparameters({ training, fine_tuning }: FineTuningJob) {
  const { epochs, batch, beta } = training.hyperparameters;
  const { learning_rate_multiplier } = fine_tuning;
  const both = { n_epochs: epochs, batch_size: batch, learning_rate_multiplier };
  return training.method === "dpo" ? { ...both, beta } : both;
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === "string" && value !== "" && value.length <= most;
const isSuffix = (value: unknown): value is string => typeof value === "string" && /^[\w.-]{0,40}$/.test(value);
const isSeed = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31; // prettier-ignore

function isMetadata(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const pairs = Object.entries(value);
  return pairs.length <= 16 && pairs.every(([name, text]) => name.length <= 64 && typeof text === "string" && text.length <= 512); // prettier-ignore
}

function optional<T>(
  given: Record<string, unknown>,
  name: string,
  is: (value: unknown) => value is T,
  what: string,
): T | undefined {
  const value = given[name];
  if (value == null) return undefined;
  if (!is(value)) throw wrong(name, `\`${name}\` is ${what}.`);
  return value;
}

function object(value: unknown, at: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(at, at ? `\`${at}\` must be an object.` : "The body must be a JSON object.");
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return value as Record<string, unknown>;
  const path = (at && `${at}.`) + unknown.slice(0, 64);
  throw wrong(path, `\`${path}\` is not known here; there are ${known.join(", ")}.`);
}

const wrong = (param: string, reason: string) =>
  new FlywheelError("invalid_request", { reason }, param ? { param } : {});
