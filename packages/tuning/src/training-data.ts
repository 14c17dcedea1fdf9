import { type DatasetRow, type Example, FlywheelError, type Preference, type Split } from "@flywheel/protocol";
import type { TrainingData } from "./trainer.ts";

/** What a trainer is given of a dataset: `train` to learn from, `eval` to look at in between. `holdout` stays unseen. */
export function trainingDataOf(rows: readonly DatasetRow[], method?: TrainingData["method"]): TrainingData {
  const examples = examplesOf(rows, "train");
  if (method === "dpo" || (method === undefined && examples.length === 0))
    return { method: "dpo", train: preferencesOf(rows, "train"), validation: preferencesOf(rows, "eval") };
  return { method: "sft", train: examples, validation: examplesOf(rows, "eval") };
}

/** The same for a new job. Throws `dataset_unfit` where there is nothing to learn from. @param name `name@version` */
export function checkedTrainingData(
  rows: readonly DatasetRow[],
  name: string,
  method?: TrainingData["method"],
): TrainingData {
  const data = trainingDataOf(rows, method);
  if (data.train.length > 0) return data;
  const count = (kind: DatasetRow["kind"], split: Split) => rows.filter((row) => row.kind === kind && row.split === split).length; // prettier-ignore
  const kinds = method === undefined ? "examples or preferences" : method === "sft" ? "examples" : "preferences";
  const held = (["example", "preference", "rating"] as const).flatMap((kind) =>
    (["train", "eval", "holdout"] as const).flatMap((split) =>
      count(kind, split) > 0 ? [`${count(kind, split)} ${kind} rows in \`${split}\``] : [],
    ),
  );
  throw new FlywheelError("dataset_unfit", { dataset: name, reason: `it has no ${kinds} in its split \`train\`, so there is nothing to learn from (it has ${held.join(", ")})` }); // prettier-ignore
}

type RowOf<Kind, Body> = DatasetRow & Body & { kind: Kind };

export const examplesOf = (rows: readonly DatasetRow[], split: Split): RowOf<"example", Example>[] =>
  rows.filter((row): row is RowOf<"example", Example> => row.kind === "example" && row.split === split);

const preferencesOf = (rows: readonly DatasetRow[], split: Split): RowOf<"preference", Preference>[] =>
  rows.filter((row): row is RowOf<"preference", Preference> => row.kind === "preference" && row.split === split);
