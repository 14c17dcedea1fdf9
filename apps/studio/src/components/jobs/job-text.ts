import type { Job } from "@flywheel/protocol";
import { formatCount } from "../../text/format.ts";

/** What a job does now, or what came of it, in some words. */
export function jobText({ status, phase, progress, compared, evidence, error }: Job): string {
  if (status === "running" && phase === "training") return progress ? `training, step ${formatCount(progress.step)} of ${formatCount(progress.steps)}` : "training"; // prettier-ignore
  if (status === "running" && phase === "comparing") return compared ? `comparing, ${formatCount(compared.done)} of ${formatCount(compared.of)}` : "comparing"; // prettier-ignore
  if (status === "failed") return `failed: ${error}`;
  if (status === "succeeded" && evidence) return evidence.promoted ? "promoted" : "not promoted";
  return status === "succeeded" ? "trained" : status;
}

/** How much of what a job does now is done, 0 to 1. */
export function jobShare({ phase, progress, compared }: Job): number {
  if (phase === "comparing") return compared ? compared.done / compared.of : 0;
  return progress ? progress.step / progress.steps : 0;
}
