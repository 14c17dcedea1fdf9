import { EventEmitter, on } from "node:events";
import { nextLevel } from "@flywheel/evals";
import {
  type CreateJob,
  type Evidence,
  FlywheelError,
  isDiskFull,
  type Job,
  type JobDetail,
  type TrainingProgress,
} from "@flywheel/protocol";
import { Postponed } from "../trainer.ts";
import { jobFolder } from "./job-folder.ts";
import { isOver, newJob } from "./new-job.ts";
import type { JobOfFiles, JobsOptions } from "./options.ts";
import { type JobRun, runJob } from "./run-job.ts";
import { thinned } from "./thinned.ts";

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
  function show(id: string, change: Pick<Job, "progress"> | Pick<Job, "compared">): void {
    jobs.set(id, { ...known(id), ...change });
    tell(id);
  }

  function enqueue(id: string): void {
    const interrupt = new AbortController();
    interrupts.set(id, interrupt);
    const line = known(id).training?.trainer === "hosted" ? id : "this machine";
    const before = lines.get(line) ?? Promise.resolve();
    lines.set(line, before.then(() => begin(id, interrupt.signal)).finally(() => interrupts.delete(id))); // prettier-ignore
  }

  /** One at a time, so that who is in front stays who it was compared with, and all that were decided before count. */
  const decide: JobRun["decide"] = (job, context) => {
    const next = decided.then(async () => {
      const level = nextLevel(decisionsOn(job.promotion!.route));
      const onProgress = (done: number, of: number) => show(job.id, { compared: { done, of, ...level } });
      update(job.id, await options.decide(job, { ...context, level, onProgress }));
    });
    decided = next.catch(() => {});
    return next;
  };

  /** Oldest first. */
  function decisionsOn(route: string): Evidence[] {
    const made = [...jobs.values()].flatMap(({ evidence }) => (evidence?.route === route ? evidence : []));
    return made.toSorted((a, b) => a.created - b.created);
  }

  function onTraining(id: string, progress: TrainingProgress): void {
    folder.addProgress(id, progress);
    show(id, { progress });
  }

  async function begin(id: string, signal: AbortSignal): Promise<void> {
    const job = known(id);
    if (isStopped || job.status === "cancelled") return;
    try {
      if (job.starts >= MOST_STARTS) throw new Error(`it was begun ${job.starts} times, and each time the server ended before it did`); // prettier-ignore
      update(id, { status: "running", started: job.started ?? Date.now(), starts: job.starts + 1 });
      await runJob({ id, options, folder, decide, update: (change) => update(id, change), job: () => known(id), onTraining: (progress) => onTraining(id, progress), signal }); // prettier-ignore
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
        folder.write(job); // where it cannot be kept there is no job
        jobs.set(job.id, job);
        enqueue(job.id);
        return job;
      });
      created = made.catch(() => {});
      return made;
    },
    cancel(id) {
      const { status, candidate } = known(id);
      if (isOver(known(id))) throw new FlywheelError("conflict", { reason: `The job ${id} is over: it ${status}.` });
      const interrupt = interrupts.get(id);
      if (status === "running" && interrupt === undefined && !candidate.startsWith("local/"))
        throw new FlywheelError("conflict", { reason: `The job ${id} goes on at its provider, and can only be cancelled while a server runs. Start one with \`flywheel dev\`.` }); // prettier-ignore
      interrupt?.abort(CANCELLED);
      if (status === "running" && interrupt) return known(id);
      return update(id, { status: "cancelled", phase: "", finished: Date.now() });
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

function messageOf(error: unknown): string {
  if (isDiskFull(error)) return "the disk of the data folder is full: make room, then tune again";
  return error instanceof Error ? error.message : String(error);
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
