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

export interface HostedPatience extends Patience {
  /** In place of `total` once there is a job. */
  withJob: number;
}

export interface HostedOptions {
  /** For messages: the provider's id. */
  provider: string;
  api: FineTuningApi;
  lookEvery?: LookEvery;
  patience?: HostedPatience;
}

const LOOK_EVERY: LookEvery = { first: 1000, most: 30_000 };
/** Of calls that fail in a way that may pass. A job is paid for, so a provider or a network that is gone is waited for. */
const PATIENCE: HostedPatience = { first: 1000, most: 60_000, total: 30 * 60_000, withJob: 72 * 3_600_000 };
const CANCEL_MS = 15_000;
/** Of a job that is over and gave no reason. */
const UNSAID = {
  going: "",
  succeeded: "it succeeded, but there is no model",
  failed: "it failed, and no reason is given",
  cancelled: "it was cancelled there",
} as const;

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
  readonly #patience: HostedPatience;
  #run: HostedRun;

  constructor(task: TrainingTask, api: FineTuningApi, lookEvery: LookEvery, patience: HostedPatience) {
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
      if (job.status === "succeeded" && job.model !== "") return this.#report(job);
      this.#keep({ job: "", step: 0 }); // a next run pays for a new one, with the files that are there
      throw new Error(`${provider} says of the job ${job.id}: ${job.error || UNSAID[job.status]}`);
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
        await this.#wait(this.#lookEvery.first);
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
    let wait = this.#lookEvery.first;
    for (;;) {
      // In this order: what is over says nothing new.
      const job = await this.#persist((now) => this.#api.job(this.#run.job, now));
      const told = await this.#tell(job);
      if (job.status !== "going") return job;
      wait = told ? this.#lookEvery.first : Math.min(wait * 1.5, this.#lookEvery.most);
      await this.#wait(wait);
    }
  }

  /** @returns whether there was anything new */
  async #tell({ id, created }: HostedJob): Promise<boolean> {
    const { onProgress, hyperparameters, signal } = this.#task;
    const fresh = await this.#persist((now) => this.#api.events(id, this.#run.step, now));
    for (const { step, steps, loss, validationLoss, created: at } of fresh) {
      if (step <= this.#run.step) continue; // told twice
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

  #wait(ms: number): Promise<void> {
    const { signal } = this.#task;
    return sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  #persist<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { withJob, ...patience } = this.#patience;
    const total = this.#run.job === "" ? patience.total : withJob;
    return persistent(call, { ...patience, total }, this.#task.signal);
  }

  #keep(changes: Partial<HostedRun>): void {
    this.#run = { ...this.#run, ...changes };
    keepRun(this.#task.folder, this.#run);
  }
}
