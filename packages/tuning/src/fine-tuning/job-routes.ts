import { type ControlRoute, type DatasetRow, FlywheelError, type Job, type Split } from "@flywheel/protocol";
import type { DatasetLibrary } from "../dataset/library.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { FileFolder, StoredFile } from "./file-folder.ts";
import { type CreateFineTuning, ownHyperparameters, readCreateFineTuning, wireMethod } from "./job-input.ts";
import { pageOf } from "./page.ts";
import { trainingRows } from "./training-lines.ts";
import { type FineTuningJob, isFineTuning, isOlderEvent, wireEvents, wireJob } from "./wire-job.ts";

export interface FineTuningOptions {
  files: FileFolder;
  datasets: Pick<DatasetLibrary, "keep">;
  jobs: Jobs;
  /** Whether a model can be called by now. */
  isServed(model: string): boolean;
}

const PAGE = 20;
/** A model is called a moment after its job is done. After this it is not waited for any more. */
const SERVED_MS = 10_000;

/** OpenAI's `/v1/fine_tuning/jobs`, over the jobs of this installation. */
export function fineTuningRoutes(options: FineTuningOptions): ControlRoute[] {
  const { jobs } = options;
  const path = "/v1/fine_tuning/jobs";
  const scope = "admin";
  const wire = (job: FineTuningJob) =>
    wireJob(job, (model) => Date.now() - (job.finished ?? 0) > SERVED_MS || options.isServed(model));

  function listed(query: URLSearchParams, project: string | undefined) {
    const wished = [...query].filter(([name]) => name.startsWith("metadata["));
    const fits = ({ fine_tuning }: FineTuningJob) =>
      isOf(fine_tuning, project) &&
      wished.every(([name, value]) => fine_tuning.metadata?.[name.slice("metadata[".length, -1)] === value);
    const found = jobs.list().filter(isFineTuning).filter(fits).map(wire);
    return pageOf(found, query, { limit: PAGE, isAfter: (one, id) => one.id < id });
  }

  function find(id: string, project: string | undefined) {
    const job = jobs.find(id);
    if (!isFineTuning(job) || !isOf(job.fine_tuning, project)) throw new FlywheelError("not_found", { path: `job ${id.slice(0, 100)}` }); // prettier-ignore
    return job;
  }

  return [
    { method: "GET", path, scope, handle: ({ query, project }) => listed(query, project) },
    { method: "POST", path, scope, handle: async ({ body, project }) => wire(await create(options, readCreateFineTuning(body), project)) }, // prettier-ignore
    { method: "GET", path: `${path}/:id`, scope, handle: ({ params, project }) => wire(find(params["id"]!, project)) },
    {
      method: "POST",
      path: `${path}/:id/cancel`,
      scope,
      handle({ params, project }) {
        const { id, status, finished } = find(params["id"]!, project);
        // Not a conflict, after which OpenAI's clients try again.
        if (finished !== null) throw new FlywheelError("invalid_request", { reason: `The job ${id} is over: it ${status}.` }); // prettier-ignore
        return wire(jobs.cancel(id) as FineTuningJob);
      },
    },
    {
      method: "GET",
      path: `${path}/:id/events`,
      scope,
      handle: ({ params, query, project }) =>
        pageOf(wireEvents(find(params["id"]!, project)), query, { limit: PAGE, isAfter: isOlderEvent }),
    },
    {
      method: "GET",
      path: `${path}/:id/checkpoints`,
      scope,
      /** What a trainer keeps to go on from is no model that could be called. */
      handle({ params, project }) {
        find(params["id"]!, project);
        return { object: "list", data: [], has_more: false, first_id: null, last_id: null };
      },
    },
  ];
}

const isOf = (one: { project: string }, project: string | undefined) => project === undefined || one.project === project; // prettier-ignore

/** A file becomes a dataset here, so that it may be deleted and the job still be understood. */
async function create(
  { files, datasets, jobs }: FineTuningOptions,
  asked: CreateFineTuning,
  project: string | undefined,
): Promise<FineTuningJob> {
  const fileOf = (id: string, param: string) => ofMethod(files.find(id, project), asked, param);
  const training = fileOf(asked.training_file, "training_file");
  const validation = asked.validation_file === null ? undefined : fileOf(asked.validation_file, "validation_file");
  const { method, filename } = training;
  if (validation && validation.method !== method)
    throw wrong("validation_file", "Both files must be of the same kind: examples, or pairs.");
  const rows = await rowsOf(files.pathOf(training), "train");
  if (validation) for (const row of await rowsOf(files.pathOf(validation), "eval")) rows.push(row);
  const name = plainName(filename);
  const { dataset } = await datasets.keep(`file-${name}`, rows);
  const { model, training_file, validation_file, metadata, suffix } = asked;
  const { learning_rate_multiplier = 1 } = asked.hyperparameters;
  const job: Job = await jobs.create(
    { dataset: dataset.id, model, method, hyperparameters: ownHyperparameters(asked) },
    {
      suffix: suffix || name,
      fine_tuning: { project: training.project, training_file, validation_file, metadata, learning_rate_multiplier },
    },
  );
  return job as FineTuningJob;
}

function ofMethod(file: StoredFile, { method }: CreateFineTuning, param: string): StoredFile {
  if (method === undefined || method === file.method) return file;
  const holds = file.method === "sft" ? "examples" : "pairs of answers";
  throw wrong(param, `The file ${file.id} holds ${holds}; \`method.type\` must be ${wireMethod(file.method)} for it.`);
}

/** The same line twice is one row. */
async function rowsOf(path: string, split: Split): Promise<DatasetRow[]> {
  const rows = new Map<string, DatasetRow>();
  for await (const { row } of trainingRows(path, split)) rows.set(row.id, row);
  return [...rows.values()];
}

/** `Desk (new).jsonl` → `desk-new` */
const plainName = (filename: string) =>
  filename
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40) || "upload";

const wrong = (param: string, reason: string) => new FlywheelError("invalid_request", { reason }, { param });
