import { examplesOf } from "../training-data.ts";
import type { HeldOut, JobsOptions } from "./options.ts";

/** The examples of a dataset that nothing was learned from, and the way to those of others. */
export async function heldOutOf(datasets: JobsOptions["datasets"], dataset: string): Promise<HeldOut> {
  const heldOut = async (reference: string) => examplesOf(await datasets.rows(reference), "holdout");
  return { examples: await heldOut(dataset), heldOut };
}
