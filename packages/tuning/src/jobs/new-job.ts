import { type CreateJob, FlywheelError, type Job, newId } from "@flywheel/protocol";
import { HYPERPARAMETERS } from "../trainer.ts";
import { checkedTrainingData } from "../training-data.ts";
import { heldOutOf } from "./held-out.ts";
import type { JobOfFiles, JobsOptions } from "./options.ts";

/** What was asked for as a job, its defaults filled in. Throws what is wrong with it. @param jobs whose names are taken */
export async function newJob(
  given: CreateJob,
  { datasets, models, checkPromotion }: JobsOptions,
  jobs: readonly Job[],
  files?: JobOfFiles,
): Promise<Job> {
  const promotion = given.promotion ? { protect: [], margin: 0, ...given.promotion } : null;
  const dataset = await datasets.find(given.dataset);
  const datasetName = `${dataset.name}@${dataset.version}`;
  if (promotion) await checkPromotion(promotion, datasetName, await heldOutOf(datasets, dataset.id));
  const made = given.candidate === undefined ? await trainingOf() : { training: null, candidate: given.candidate };
  return {
    id: newId("job"),
    status: "queued",
    phase: "",
    dataset: datasetName,
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
    const { method } = checkedTrainingData(await datasets.rows(dataset.id), datasetName, given.method);
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

export const isOver = ({ status }: Job): boolean =>
  status === "succeeded" || status === "failed" || status === "cancelled";
