import type { DatasetRow } from "@flywheel/protocol";
import { writeTrainingFile } from "../dataset/training-file.ts";
import { HYPERPARAMETERS, type TrainingData, type TrainingTask } from "../trainer.ts";
import type { HostedRun } from "./run.ts";

interface TrainingFile {
  key: "training_file" | "validation_file";
  name: string;
  content: Buffer;
}

/** What is uploaded, in OpenAI's formats. */
export function filesOf(data: TrainingData): TrainingFile[] {
  const file = (key: TrainingFile["key"], name: string, split: "train" | "eval"): TrainingFile => {
    const rows = rowsOf(data, split);
    return { key, name, content: writeTrainingFile(rows, `openai-${data.method}`).bytes };
  };
  const train = file("training_file", "train.jsonl", "train");
  return data.validation.length === 0 ? [train] : [train, file("validation_file", "validation.jsonl", "eval")];
}

/** Weights have no word in the format; what weighs nothing is left out. */
function rowsOf(data: TrainingData, split: "train" | "eval"): DatasetRow[] {
  const of = <Row extends { weight: number }>(rows: { train: readonly Row[]; validation: readonly Row[] }) =>
    (split === "train" ? rows.train : rows.validation).filter(({ weight }) => weight > 0);
  if (data.method === "sft") return of(data).map((row) => ({ ...row, kind: "example", split }));
  return of(data).map((row) => ({ ...row, kind: "preference", split }));
}

/**
 * OpenAI's `POST /fine_tuning/jobs`. What is left at our default is left to the provider, passes aside, which are what
 * costs; a rate is relative there, so it is sent as a multiple of our default. Rank, alpha and patience have no word there.
 * https://platform.openai.com/docs/api-reference/fine-tuning/create
 */
export function jobRequest({ base, data, hyperparameters }: TrainingTask, run: HostedRun): object {
  const usual = HYPERPARAMETERS[data.method];
  const { epochs, batch, rate, beta, seed } = hyperparameters;
  const chosen = {
    n_epochs: epochs,
    ...(batch !== usual.batch && { batch_size: batch }),
    ...(rate !== usual.rate && { learning_rate_multiplier: rate / usual.rate }),
    ...(data.method === "dpo" && { beta }),
  };
  const type = data.method === "sft" ? "supervised" : "dpo";
  return {
    model: base,
    training_file: run.training_file,
    ...(run.validation_file !== "" && { validation_file: run.validation_file }),
    method: { type, [type]: { hyperparameters: chosen } },
    seed,
  };
}
