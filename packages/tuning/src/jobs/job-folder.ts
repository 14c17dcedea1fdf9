import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Job, TrainingProgress } from "@flywheel/protocol";
import { writeWhole } from "../whole-file.ts";

/** Jobs on disk: a folder each, with what it is, how its training went, and what the trainer keeps to go on from. */
export interface JobFolder {
  /** Every job there is, oldest first; what cannot be read is passed over. */
  all(): Job[];
  write(job: Job): void;
  addProgress(id: string, progress: TrainingProgress): void;
  /** Every step so far; of one that was done again after a restart, the last. */
  curve(id: string): TrainingProgress[];
  /** Where the trainer works. */
  training(id: string): string;
  /** Where answers of a comparison are kept. */
  answers(id: string): string;
}

export function jobFolder(dir: string): JobFolder {
  const at = (id: string, ...path: string[]) => join(dir, id, ...path);
  return {
    all() {
      if (!existsSync(dir)) return [];
      return readdirSync(dir)
        .toSorted()
        .flatMap((id) => readJson<Job>(at(id, "job.json")) ?? []);
    },
    write(job) {
      const isNew = mkdirSync(at(job.id), { recursive: true, mode: 0o700 }) !== undefined;
      try {
        writeWhole(at(job.id, "job.json"), JSON.stringify(job));
      } catch (error) {
        if (isNew) rmSync(at(job.id), { recursive: true, force: true });
        throw error;
      }
    },
    addProgress: (id, progress) => appendFileSync(at(id, "progress.jsonl"), `${JSON.stringify(progress)}\n`, { mode: 0o600 }), // prettier-ignore
    curve(id) {
      const path = at(id, "progress.jsonl");
      if (!existsSync(path)) return [];
      const steps = new Map<number, TrainingProgress>();
      for (const line of readFileSync(path, "utf8").split("\n")) {
        const progress = parse<TrainingProgress>(line);
        if (progress) steps.set(progress.step, progress);
      }
      return [...steps.values()].toSorted((a, b) => a.step - b.step);
    },
    training: (id) => at(id, "training"),
    answers: (id) => at(id, "answers.jsonl"),
  };
}

const readJson = <T>(path: string): T | undefined => (existsSync(path) ? parse<T>(readFileSync(path, "utf8")) : undefined); // prettier-ignore

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
