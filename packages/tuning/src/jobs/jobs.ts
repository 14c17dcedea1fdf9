import { EventEmitter, on } from "node:events";
import { type CreateJob, type DatasetRow, type Example, type FineTuningOrigin, FlywheelError, type Job, type JobDetail, type JobPromotion, newId, type Split, type TrainingProgress, type TrainingReport } from "@flywheel/protocol"; // prettier-ignore
import type { DatasetLibrary } from "../dataset/library.ts";
import { HYPERPARAMETERS, Postponed, type Trainer } from "../trainer.ts";
import { trainingDataOf } from "../training-data.ts";
import { type JobFolder, jobFolder } from "./job-folder.ts";

/** A model that can be tuned, and by whom. */
export interface Tunable {
  /** What the trainer is given: a file, or a provider's name of it. */
  base: string;
  /** Of the candidate, where nobody names it. */
  shortName: string;
  /** Whose candidates are: `local`, or a provider, which may give them other names. */
  home: string;
  trainer: Trainer;
}

/** What an installation knows of models. */
export interface JobModels {
  /** Throws `invalid_request` where it is none that can be tuned. */
  tunable(model: string, trainer: string | undefined): Tunable;
  /** Whether a model, or a job under way, has this name. */
  isTaken(name: string): boolean;
  /** From here on the adapter is served. @returns as a client names it */
  keep(job: Job, name: string, base: string, report: TrainingReport): string;
}

/** What a comparison is given besides the job. */
export interface DecideContext {
  /** Held out; they decide. */
  examples: readonly Example[];
  /** What there was to learn from. */
  training: readonly Example[];
  heldOut(dataset: string): Promise<readonly Example[]>;
  /** Where answers are kept, so that it goes on after a restart. */
  answers: string;
  signal: AbortSignal;
  onProgress(done: number, of: number): void;
}

export interface JobsOptions {
  dir: string;
  datasets: Pick<DatasetLibrary, "find" | "rows">;
  models: JobModels;
  /** Throws where a job asks for a promotion that can never be. */
  checkPromotion(promotion: JobPromotion): void;
  /** Compares the candidate with who is in front, and promotes it where it is shown to be better. */
  decide(job: Job, context: DecideContext): Promise<Pick<Job, "evidence" | "promotion_id">>;
}

/** Of a job that learns from files, not from a dataset that somebody named. */
export interface JobOfFiles {
  /** Behind the model's name, in place of the dataset's. */
  suffix: string;
  fine_tuning: FineTuningOrigin;
}

/** Fine-tune runs: on this machine one at a time, in the order they came; a provider's own beside them. */
export interface Jobs {
  list(): Job[];
  /** Throws `not_found`. */
  find(id: string): JobDetail;
  create(given: CreateJob, files?: JobOfFiles): Promise<Job>;
  /** Throws `not_found`, and `conflict` where it is over. */
  cancel(id: string): Job;
  /** The job now, and after each change, until it is over. */
  follow(id: string, signal: AbortSignal): AsyncIterable<Job>;
  /** Goes on with what an earlier life left. */
  resume(): void;
  /** Lets go of the job under way, which goes on at the next start. */
  stop(): Promise<void>;
}

const MOST_STARTS = 5;
const MOST_POINTS = 400;
const TELL_MS = 200;
/** Why a job was interrupted. */
const CANCELLED = new Error("cancelled");
const STOPPED = new Postponed("the server stops");

export function createJobs(options: JobsOptions): Jobs {
  const folder = jobFolder(options.dir);
  const jobs = new Map(folder.all().map((job) => [job.id, { ...job, progress: folder.curve(job.id).at(-1) ?? null }]));
  const changes = new EventEmitter().setMaxListeners(0);
  const interrupts = new Map<string, AbortController>();
  const lines = new Map<string, Promise<void>>();
  let decided: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  /** One after the other, or two would choose the same free name. */
  let created: Promise<unknown> = Promise.resolve();

  function known(id: string): Job {
    const job = jobs.get(id);
    if (!job) throw new FlywheelError("not_found", { path: `job ${id.slice(0, 100)}` });
    return job;
  }

  function update(id: string, change: Partial<Job>): Job {
    const job = { ...known(id), ...change };
    jobs.set(id, job);
    folder.write({ ...job, progress: null });
    changes.emit(id, job);
    return job;
  }

  const tell = throttled((id: string) => changes.emit(id, jobs.get(id)));
  const progressOf = (id: string): JobProgressSink => ({
    training(progress) {
      folder.addProgress(id, progress);
      jobs.set(id, { ...known(id), progress });
      tell(id);
    },
    comparing(done, of) {
      jobs.set(id, { ...known(id), compared: { done, of } });
      tell(id);
    },
  });

  function enqueue(id: string): void {
    const interrupt = new AbortController();
    interrupts.set(id, interrupt);
    const line = known(id).training?.trainer === "hosted" ? id : "this machine";
    const before = lines.get(line) ?? Promise.resolve();
    lines.set(line, before.then(() => begin(id, interrupt.signal)).finally(() => interrupts.delete(id))); // prettier-ignore
  }

  /** One at a time, so that who is in front stays who it was compared with. */
  const decide: JobsOptions["decide"] = (job, context) => {
    const next = decided.then(() => options.decide(job, context));
    decided = next.catch(() => {});
    return next;
  };

  async function begin(id: string, signal: AbortSignal): Promise<void> {
    const job = known(id);
    if (isStopped || job.status === "cancelled") return;
    try {
      if (job.starts >= MOST_STARTS) throw new Error(`it was begun ${job.starts} times, and each time the server ended before it did`); // prettier-ignore
      update(id, { status: "running", started: job.started ?? Date.now(), starts: job.starts + 1 });
      await run({ id, options: { ...options, decide }, folder, update: (change) => update(id, change), job: () => known(id), sink: progressOf(id), signal }); // prettier-ignore
      update(id, { status: "succeeded", phase: "", finished: Date.now() });
    } catch (error) {
      if (signal.reason === STOPPED) return uncount(id, job.starts);
      ended(id, signal.reason === CANCELLED ? { status: "cancelled" } : { status: "failed", error: messageOf(error) });
    }
  }

  /** A server that was told to end is not the job's fault. */
  function uncount(id: string, starts: number): void {
    try {
      update(id, { starts });
    } catch (error) {
      console.error(`job ${id} could not be kept: ${messageOf(error)}`); // then it counts
    }
  }

  /** Where not even this can be written, it is known until the process ends; and is tried again after that. */
  function ended(id: string, change: Partial<Job>): void {
    const over = { ...change, phase: "", finished: Date.now() } as const;
    try {
      update(id, over);
    } catch (error) {
      console.error(`job ${id} could not be kept: ${messageOf(error)}`);
      jobs.set(id, { ...known(id), ...over });
      changes.emit(id, jobs.get(id));
    }
  }

  return {
    list: () => [...jobs.values()].toReversed(),
    find: (id) => ({ ...known(id), curve: thinned(folder.curve(id)) }),
    create(given, files) {
      const made = created.then(async () => {
        const job = await newJob(given, options, [...jobs.values()], files);
        jobs.set(job.id, job);
        update(job.id, {});
        enqueue(job.id);
        return job;
      });
      created = made.catch(() => {});
      return made;
    },
    cancel(id) {
      const { status } = known(id);
      if (isOver(known(id))) throw new FlywheelError("conflict", { reason: `The job ${id} is over: it ${status}.` });
      interrupts.get(id)?.abort(CANCELLED);
      return status === "running" ? known(id) : update(id, { status: "cancelled", finished: Date.now() });
    },
    async *follow(id, signal) {
      const changed = on(changes, id, { signal });
      yield known(id);
      if (isOver(known(id))) return;
      for await (const [job] of changed as AsyncIterable<[Job]>) {
        yield job;
        if (isOver(job)) return;
      }
    },
    resume() {
      for (const job of jobs.values()) if (!isOver(job) && !interrupts.has(job.id)) enqueue(job.id);
    },
    async stop() {
      isStopped = true;
      for (const interrupt of interrupts.values()) interrupt.abort(STOPPED);
      await Promise.all(lines.values());
    },
  };
}

interface JobProgressSink {
  training(progress: TrainingProgress): void;
  comparing(done: number, of: number): void;
}

interface JobRun {
  id: string;
  options: JobsOptions;
  folder: JobFolder;
  update(change: Partial<Job>): Job;
  job(): Job;
  sink: JobProgressSink;
  signal: AbortSignal;
}

async function run(of: JobRun): Promise<void> {
  const { options, folder, update, job, sink, signal, id } = of;
  if (job().training && !job().report) await trainCandidate(of);
  const { promotion, dataset_id } = job();
  if (!promotion) return;
  update({ phase: "comparing" });
  const examplesOf = async (dataset: string, split: Split) =>
    (await options.datasets.rows(dataset)).filter(isExample).filter((row) => row.split === split);
  const heldOut = (dataset: string) => examplesOf(dataset, "holdout");
  const decided = await options.decide(job(), {
    examples: await heldOut(dataset_id),
    training: await examplesOf(dataset_id, "train"),
    heldOut,
    answers: folder.answers(id),
    signal,
    onProgress: sink.comparing,
  });
  update(decided);
}

const isExample = (row: DatasetRow): row is DatasetRow & Example & { kind: "example" } => row.kind === "example";

async function trainCandidate({ options, folder, update, job, sink, signal, id }: JobRun): Promise<void> {
  const { dataset_id, candidate } = update({ phase: "training" });
  const { model, trainer: trainerName, method, hyperparameters } = job().training!;
  const { base, home, trainer } = options.models.tunable(model, trainerName);
  const report = await trainer.train({
    base,
    data: trainingDataOf(await options.datasets.rows(dataset_id), method),
    hyperparameters,
    folder: folder.training(id),
    onProgress: sink.training,
    signal,
  });
  const { validation_loss } = report;
  if (validation_loss && validation_loss.after >= validation_loss.before)
    throw new Error("on what it did not learn from it never got better, so nothing was kept");
  const name = candidate.slice(candidate.indexOf("/") + 1);
  const kept = report.model === "" ? options.models.keep(job(), name, base, report) : `${home}/${report.model}`;
  update({ report, candidate: kept });
}

async function newJob(
  given: CreateJob,
  { datasets, models, checkPromotion }: JobsOptions,
  jobs: readonly Job[],
  files?: JobOfFiles,
): Promise<Job> {
  const promotion = given.promotion ? { protect: [], margin: 0, ...given.promotion } : null;
  if (promotion) checkPromotion(promotion);
  const dataset = await datasets.find(given.dataset);
  const made = given.candidate === undefined ? await trainingOf() : { training: null, candidate: given.candidate };
  return {
    id: newId("job"),
    status: "queued",
    phase: "",
    dataset: `${dataset.name}@${dataset.version}`,
    dataset_id: dataset.id,
    ...made,
    promotion,
    created: Date.now(),
    started: null,
    finished: null,
    progress: null,
    compared: null,
    report: null,
    evidence: null,
    promotion_id: null,
    error: "",
    starts: 0,
    ...(files && { fine_tuning: files.fine_tuning }),
  };

  async function trainingOf(): Promise<Pick<Job, "training" | "candidate">> {
    const model = given.model ?? "local/spark";
    const { shortName, home, trainer } = models.tunable(model, given.trainer);
    const { method } = trainingDataOf(await datasets.rows(dataset.id), given.method);
    const isTaken = (name: string) =>
      (home === "local" && models.isTaken(name)) ||
      jobs.some((job) => !isOver(job) && job.candidate === `${home}/${name}`);
    const name = given.name ?? freeName(`${shortName}-${files?.suffix ?? dataset.name}`, isTaken);
    if (isTaken(name)) throw new FlywheelError("conflict", { reason: `There is a model ${home}/${name} already. Choose another name.` }); // prettier-ignore
    const usual = { ...HYPERPARAMETERS[method], ...trainer.usual?.[method] };
    const faster = files && { rate: usual.rate * files.fine_tuning.learning_rate_multiplier };
    const hyperparameters = { ...usual, ...given.hyperparameters, ...faster };
    return { candidate: `${home}/${name}`, training: { model, trainer: trainer.name, method, hyperparameters } };
  }
}

function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let n = 2; isTaken(free); n++) free = `${name}-${n}`;
  return free;
}

const isOver = ({ status }: Job) => status === "succeeded" || status === "failed" || status === "cancelled";
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Evenly, but for steps with a validation loss: those stay. */
function thinned(curve: TrainingProgress[]): TrainingProgress[] {
  const every = Math.ceil(curve.length / MOST_POINTS);
  return curve.filter(({ validation_loss }, i) => validation_loss !== undefined || i % every === 0 || i === curve.length - 1); // prettier-ignore
}

/** At most once in a while for each argument, the last call always. */
function throttled(call: (of: string) => void): (of: string) => void {
  const waiting = new Set<string>();
  return (of) => {
    if (waiting.has(of)) return;
    waiting.add(of);
    setTimeout(() => {
      waiting.delete(of);
      call(of);
    }, TELL_MS);
  };
}
