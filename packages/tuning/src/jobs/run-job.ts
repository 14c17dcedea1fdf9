import type { Job, TrainingProgress } from "@flywheel/protocol";
import { examplesOf, trainingDataOf } from "../training-data.ts";
import { heldOutOf } from "./held-out.ts";
import type { JobFolder } from "./job-folder.ts";
import type { DecideContext, JobsOptions } from "./options.ts";

/** A job under way. */
export interface JobRun {
  id: string;
  options: JobsOptions;
  folder: JobFolder;
  update(change: Partial<Job>): Job;
  job(): Job;
  /** Makes the decision, and keeps it. */
  decide(job: Job, context: Omit<DecideContext, "level" | "onProgress">): Promise<void>;
  onTraining(progress: TrainingProgress): void;
  signal: AbortSignal;
}

/** Trains the candidate, where there is none yet, and has it compared, where that is asked for. Goes on where it was. */
export async function runJob(of: JobRun): Promise<void> {
  const { options, folder, update, job, signal, id } = of;
  if (job().training && !job().report) await trainCandidate(of);
  const { promotion, dataset_id } = job();
  if (!promotion) return;
  update({ phase: "comparing" });
  await of.decide(job(), {
    ...(await heldOutOf(options.datasets, dataset_id)),
    training: examplesOf(await options.datasets.rows(dataset_id), "train"),
    answers: folder.answers(id),
    signal,
  });
}

async function trainCandidate({ options, folder, update, job, onTraining, signal, id }: JobRun): Promise<void> {
  const { dataset_id, candidate } = update({ phase: "training" });
  const { model, trainer: trainerName, method, hyperparameters } = job().training!;
  const { base, home, trainer } = options.models.tunable(model, trainerName);
  const report = await trainer.train({
    base,
    data: trainingDataOf(await options.datasets.rows(dataset_id), method),
    hyperparameters,
    folder: folder.training(id),
    onProgress: onTraining,
    signal,
  });
  const { validation_loss } = report;
  if (validation_loss && validation_loss.after >= validation_loss.before)
    throw new Error(
      "on what it did not learn from it never got better, so nothing was kept: learn slower (`--rate`), or from more data",
    );
  const name = candidate.slice(candidate.indexOf("/") + 1);
  const kept = report.model === "" ? options.models.keep(job(), name, base, report) : `${home}/${report.model}`;
  update({ report, candidate: kept });
}
