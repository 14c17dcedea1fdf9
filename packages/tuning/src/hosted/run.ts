import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainingTask } from "../trainer.ts";

/** What of a run is at the provider, by its names there; "" = not yet. */
export interface HostedRun {
  /** What is learned from what: a folder's run is gone on with only where this is the same. */
  name: string;
  training_file: string;
  validation_file: string;
  /** A job was asked for, answered or not. */
  asked: boolean;
  job: string;
  /** The last one that was told. */
  step: number;
}

const FILE = "hosted.json";

/** Two tasks with the same name pay for the same. */
export function runName({ base, data, hyperparameters }: TrainingTask): string {
  return createHash("sha256")
    .update(JSON.stringify([base, data, hyperparameters]))
    .digest("hex");
}

/** The folder's run, or a new one where it has none, or half of one, or another. */
export function readRun(folder: string, name: string): HostedRun {
  try {
    const run = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as HostedRun;
    if (run.name === name) return run;
  } catch {
    // none yet
  }
  return { name, training_file: "", validation_file: "", asked: false, job: "", step: 0 };
}

/** Written beside the old one, then put in its place. */
export function keepRun(folder: string, run: HostedRun): void {
  const path = join(folder, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
