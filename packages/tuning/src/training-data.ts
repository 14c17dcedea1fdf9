import type { DatasetRow, Example, Preference } from "@flywheel/protocol";
import type { TrainingData } from "./trainer.ts";

/** What a trainer is given of a dataset: `train` to learn from, `eval` to look at in between. `holdout` stays unseen. */
export function trainingDataOf(rows: readonly DatasetRow[], method?: TrainingData["method"]): TrainingData {
  const examples = (split: string) => rows.filter((row): row is DatasetRow & Example & { kind: "example" } => row.kind === "example" && row.split === split); // prettier-ignore
  const preferences = (split: string) => rows.filter((row): row is DatasetRow & Preference & { kind: "preference" } => row.kind === "preference" && row.split === split); // prettier-ignore
  if (method === "dpo" || (method === undefined && examples("train").length === 0))
    return { method: "dpo", train: preferences("train"), validation: preferences("eval") };
  return { method: "sft", train: examples("train"), validation: examples("eval") };
}
