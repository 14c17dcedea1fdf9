import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A task, the ways it was put, and how often each model was right each way (Mizrahi et al. 2024). */
export interface ParaphrasedTask {
  task: string;
  paraphrases: {
    /** How it came about; `default` is the benchmark's own. */
    method: string;
    /** Shares of about a hundred rows, by model. */
    accuracies: Record<string, number>;
  }[];
}

interface Row {
  task: string;
  method: string;
  correct: boolean;
  accs: Record<string, number>;
}

/** Only paraphrases that a person found to mean the same. @param folder `prompt-variability` of the test data */
export function readParaphrasedTasks(folder: string): ParaphrasedTask[] {
  const text = readFileSync(join(folder, "lmentry_paraphrase_accuracies.dev.jsonl"), "utf8");
  const rows = text.trim().split("\n").map((line) => JSON.parse(line) as Row).filter(({ correct }) => correct); // prettier-ignore
  return Object.entries(Object.groupBy(rows, ({ task }) => task)).map(([task, some]) => ({
    task: task.replace("LMentry/", "").replaceAll("_", " "),
    paraphrases: some!.map(({ method, accs }) => ({ method, accuracies: accs })),
  }));
}
