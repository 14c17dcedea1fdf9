import type { FineTuningOrigin, Job, JobDetail, JobTraining, TrainingProgress } from "@flywheel/protocol";
import { wireHyperparameters, wireMethod } from "./job-input.ts";

/** A job that came by `/v1/fine_tuning/jobs`. */
export type FineTuningJob<J extends Job = Job> = J & { training: JobTraining; fine_tuning: FineTuningOrigin };

export const isFineTuning = <J extends Job>(job: J): job is FineTuningJob<J> =>
  job.training !== null && job.fine_tuning !== undefined;

const seconds = (ms: number) => Math.floor(ms / 1000);

/**
 * OpenAI's job object (https://platform.openai.com/docs/api-reference/fine-tuning/object).
 * @param isServed whether a model can be called by now; a job whose result cannot is not done
 */
export function wireJob(job: FineTuningJob, isServed: (model: string) => boolean) {
  const { id, created, finished, error, training, report, fine_tuning } = job;
  const { model, method, hyperparameters } = training;
  const status = job.status === "succeeded" && !isServed(job.candidate) ? "running" : job.status;
  const wire = wireHyperparameters(job);
  const type = wireMethod(method);
  const isDone = status === "succeeded";
  return {
    id,
    object: "fine_tuning.job",
    created_at: seconds(created),
    finished_at: finished === null || status === "running" ? null : seconds(finished),
    model,
    fine_tuned_model: isDone ? job.candidate : null,
    organization_id: fine_tuning.project,
    status,
    training_file: fine_tuning.training_file,
    validation_file: fine_tuning.validation_file,
    result_files: [],
    trained_tokens: isDone ? (report?.tokens ?? null) : null,
    error: status === "failed" ? { code: "training_failed", message: error, param: null } : null,
    hyperparameters: wire,
    method: { type, [type]: { hyperparameters: wire } },
    seed: hyperparameters.seed,
    estimated_finish: estimatedFinish(job),
    integrations: [],
    metadata: fine_tuning.metadata,
  };
}

function estimatedFinish({ status, progress }: Job): number | null {
  if (status !== "running" || !progress || progress.step === 0) return null;
  const left = (progress.seconds / progress.step) * (progress.steps - progress.step);
  return Math.ceil(Date.now() / 1000 + left);
}

/** Where an event stands among those of its job. */
const LAST = Number.MAX_SAFE_INTEGER;
const [CREATED, STARTED, LEFT_OUT] = [-2, -1, LAST - 1];

/** What happened in a job, in OpenAI's words and order: newest first. */
export function wireEvents(job: FineTuningJob<JobDetail>) {
  const { id, created, started, finished, status, candidate, error, report } = job;
  const said = (at: number, ms: number, message: string, level: Said["level"] = "info") => event(id, at, ms, { type: "message", level, message, data: {} }); // prettier-ignore
  const events = [said(CREATED, created, `Created fine-tuning job: ${id}`)];
  if (started !== null) events.push(said(STARTED, started, "Fine-tuning job started"));
  for (const progress of job.curve) events.push(stepEvent(id, started ?? created, progress));
  if (finished !== null && report && report.too_long > 0) events.push(said(LEFT_OUT, finished, `${report.too_long} texts are longer than the model's context and were left out`, "warn")); // prettier-ignore
  if (finished !== null && status === "succeeded") events.push(said(LAST, finished, `The job has successfully completed; new model: ${candidate}`)); // prettier-ignore
  if (finished !== null && status === "failed") events.push(said(LAST, finished, `The job failed: ${error}`, "error"));
  if (finished !== null && status === "cancelled") events.push(said(LAST, finished, "The job was cancelled"));
  return events.toReversed();
}

function stepEvent(job: string, started: number, { step, steps, loss, validation_loss, seconds }: TrainingProgress) {
  const validated = validation_loss === undefined ? "" : `, full validation loss=${validation_loss.toFixed(4)}`;
  const data = { step, total_steps: steps, train_loss: loss, ...(validated && { full_valid_loss: validation_loss }) };
  const message = `Step ${step}/${steps}: training loss=${loss.toFixed(4)}${validated}`;
  return event(job, step, started + seconds * 1000, { type: "metrics", level: "info", message, data });
}

interface Said {
  type: "message" | "metrics";
  level: "info" | "warn" | "error";
  message: string;
  data: object;
}

const event = (job: string, at: number, ms: number, said: Said) =>
  ({ id: `ftevent_${job}.${at}`, object: "fine_tuning.job.event", created_at: seconds(ms), ...said }) as const;

/** Newest first, so what comes after an event is older. Steps are thinned out as they become many: ids may be gone. */
export const isOlderEvent = (one: { id: string }, id: string): boolean => placeOf(one.id) < placeOf(id);

const placeOf = (id: string) => Number(id.slice(id.lastIndexOf(".") + 1));
