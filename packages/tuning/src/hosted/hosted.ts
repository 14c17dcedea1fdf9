import { setTimeout as sleep } from "node:timers/promises";
import { mkdirSync } from "node:fs";
import type { TrainingReport } from "@flywheel/protocol";
import type { FineTuningApi, HostedJob } from "@flywheel/providers";
import { checkData } from "../check-data.ts";
import { Postponed, type Trainer, type TrainingTask } from "../trainer.ts";
import { type Patience, persistent } from "./persistent.ts";
import { filesOf, jobRequest } from "./request.ts";
import { type HostedRun, keepRun, readRun, runName } from "./run.ts";

/** Milliseconds between two looks at a job: the first after something new, and the most while nothing is. */
export interface LookEvery {
  first: number;
  most: number;
}

export interface HostedOptions {
  /** For messages: the provider's id. */
  provider: string;
  api: FineTuningApi;
  lookEvery?: LookEvery;
  patience?: Patience;
}

const LOOK_EVERY: LookEvery = { first: 1000, most: 30_000 };
/** Of calls that fail in a way that may pass; then it is given up, and the job is not. */
const PATIENCE: Patience = { first: 1000, most: 60_000, total: 30 * 60_000 };
const CANCEL_MS = 15_000;

/**
 * Has a provider's own machines train its model: files up, a job, looks at it until it is over. What was paid for is
 * never begun twice: the task's folder holds the names of the files and of the job, and a job whose beginning was not
 * answered is looked for by its file. An abort cancels the provider's job; one that is {@link Postponed} lets it go on.
 */
export function hostedTrainer({ provider, api, lookEvery = LOOK_EVERY, patience = PATIENCE }: HostedOptions): Trainer {
  return {
    name: "hosted",
    train: async (task) => new Training(task, api, lookEvery, patience).finish(provider),
  };
}

class Training {
  readonly #task: TrainingTask;
  readonly #api: FineTuningApi;
  readonly #lookEvery: LookEvery;
  readonly #patience: Patience;
  #run: HostedRun;

  constructor(task: TrainingTask, api: FineTuningApi, lookEvery: LookEvery, patience: Patience) {
    this.#task = task;
    this.#api = api;
    this.#lookEvery = lookEvery;
    this.#patience = patience;
    checkData(task.data);
    mkdirSync(task.folder, { recursive: true });
    this.#run = readRun(task.folder, runName(task));
  }

  async finish(provider: string): Promise<TrainingReport> {
    const { signal } = this.#task;
    try {
      await this.#upload(provider);
      if (this.#run.job === "") await this.#begin();
      const job = await this.#watch();
      if (job.status === "succeeded") return this.#report(job);
      this.#keep({ job: "", step: 0 }); // a next run pays for a new one, with the files that are there
      throw new Error(job.status === "cancelled" ? `${provider} says that the job ${job.id} was cancelled there` : `${provider} says of the job ${job.id}: ${job.error || "it failed, and no reason is given"}`); // prettier-ignore
    } catch (error) {
      if (signal.aborted && !(signal.reason instanceof Postponed)) await this.#cancel();
      throw error;
    }
  }

  async #upload(provider: string): Promise<void> {
    for (const { key, name, content } of filesOf(this.#task.data)) {
      if (this.#run[key] !== "") continue;
      let file = await this.#persist((signal) => this.#api.upload(name, content, signal));
      while (file.status === "looked_at") {
        await sleep(this.#lookEvery.first, undefined, { signal: this.#task.signal });
        file = await this.#persist((signal) => this.#api.file(file.id, signal));
      }
      if (file.status === "refused") throw new Error(`${provider} refuses the file ${name}: ${file.reason}`);
      this.#keep({ [key]: file.id });
    }
  }

  /** A beginning that got no answer may have begun all the same. */
  async #begin(): Promise<void> {
    const { training_file } = this.#run;
    const request = jobRequest(this.#task, this.#run);
    let unsure = this.#run.asked;
    this.#keep({ asked: true });
    const job = await this.#persist(async (signal) => {
      const begun = unsure ? await this.#api.jobOf(training_file, signal) : undefined;
      unsure = true;
      return begun?.status === "going" || begun?.status === "succeeded" ? begun : this.#api.create(request, signal);
    });
    this.#keep({ job: job.id });
  }

  async #watch(): Promise<HostedJob> {
    const { signal } = this.#task;
    let wait = this.#lookEvery.first;
    for (;;) {
      // In this order: what is over says nothing new.
      const job = await this.#persist((now) => this.#api.job(this.#run.job, now));
      const told = await this.#tell(job);
      if (job.status !== "going") return job;
      wait = told ? this.#lookEvery.first : Math.min(wait * 1.5, this.#lookEvery.most);
      await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** @returns whether there was anything new */
  async #tell({ id, created }: HostedJob): Promise<boolean> {
    const { onProgress, hyperparameters, signal } = this.#task;
    const events = await this.#persist((now) => this.#api.events(id, now));
    const fresh = events.filter(({ step }) => step > this.#run.step);
    for (const { step, steps, loss, validationLoss, created: at } of fresh) {
      const epoch = Math.min(Math.floor(((step - 1) / steps) * hyperparameters.epochs), hyperparameters.epochs - 1);
      onProgress({ step, steps, epoch, loss, tokens: 0, seconds: Math.max(at - created, 0), ...(validationLoss !== undefined && { validation_loss: validationLoss }) }); // prettier-ignore
      this.#keep({ step });
      signal.throwIfAborted();
    }
    return fresh.length > 0;
  }

  #report({ model, trainedTokens, created, finished }: HostedJob): TrainingReport {
    const seconds = Math.max((finished ?? created) - created, 0);
    return { adapter: "", model, steps: this.#run.step, tokens: trainedTokens, seconds, validation_loss: null, too_long: 0 }; // prettier-ignore
  }

  /** As well as it goes; the reason of the abort counts more than what comes of this. */
  async #cancel(): Promise<void> {
    const limit = AbortSignal.timeout(CANCEL_MS);
    try {
      const job = this.#run.job || (this.#run.asked && (await this.#api.jobOf(this.#run.training_file, limit))?.id);
      if (job) await this.#api.cancel(job, limit);
      this.#keep({ job: "", step: 0 });
    } catch {
      // It is in the folder still, so a next run goes on with it.
    }
  }

  #persist<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return persistent(call, this.#patience, this.#task.signal);
  }

  #keep(changes: Partial<HostedRun>): void {
    this.#run = { ...this.#run, ...changes };
    keepRun(this.#task.folder, this.#run);
  }
}
