import { setTimeout as sleep } from "node:timers/promises";
import { detectableWith } from "@flywheel/deploy";
import { ROUTE_ERROR } from "@flywheel/evals";
import { type DecisionLevel, type Evidence, FlywheelError, type Job } from "@flywheel/protocol";
import type { AppContext } from "./app-command.ts";
import { createProgress } from "./progress.ts";

const RETRY_MS = 300;

/** Shows how a job goes until it is over. @throws `training_failed` where it failed or was cancelled */
export async function followJob({ api, out, note, json, signal }: AppContext, id: string): Promise<Job> {
  const client = await api();
  const bar = createProgress();
  const path = `/api/jobs/${encodeURIComponent(id)}`;
  let job = await client.get<Job>(path);
  let step = 0;
  let isPlanned = false;
  try {
    while (!isOver(job)) {
      try {
        for await (job of client.events<Job>(`${path}/live`, signal)) show();
      } catch (error) {
        if (signal.aborted) throw left(id, error);
        await sleep(RETRY_MS); // The server process was started again, and goes on with the job.
      }
      if (!isOver(job)) job = await client.get<Job>(path);
    }
  } finally {
    bar.end();
  }
  if (job.status === "succeeded") return job;
  throw new FlywheelError("training_failed", { reason: job.error || "it was cancelled" });

  function show(): void {
    const { progress, compared } = job;
    if (compared && !isPlanned) {
      isPlanned = true;
      note(levelLine(compared, job.promotion!.route));
      note(`${compared.of} held-out examples find a difference of ${(100 * detectableWith(compared.of, compared)).toFixed(1)} points in 80 % of the cases.`); // prettier-ignore
    }
    if (job.phase === "comparing" && compared) bar.at(compared.done / compared.of, `comparing  ${compared.done} of ${compared.of} held-out examples`); // prettier-ignore
    if (!progress || progress.step === step || job.phase !== "training") return;
    ({ step } = progress);
    bar.at(progress.step / progress.steps, lineOf(progress));
    if (json) out(JSON.stringify(progress));
  }
}

const isOver = ({ status }: Job) => status !== "queued" && status !== "running";
const left = (id: string, cause: unknown) =>
  new Error(`Left the job, which goes on while a server runs. \`flywheel jobs show ${id}\` looks at it, \`flywheel jobs cancel ${id}\` ends it.`, { cause }); // prettier-ignore

function lineOf({ step, steps, loss, tokens, seconds }: NonNullable<Job["progress"]>): string {
  const left = Math.round(((steps - step) * seconds) / step);
  const speed = tokens > 0 ? `  ${Math.round(tokens / seconds)} tok/s` : "";
  return `step ${step}/${steps}  loss ${loss.toFixed(3)}${speed}  ${left} s left`;
}

/** How sure the decision asks to be, and why. */
const levelLine = ({ nth, alpha }: DecisionLevel, route: string) =>
  `Decision ${nth} on ${route}: promotes what is no better in ${percentOf(alpha)} of the cases at most, so that all its decisions together do in ${percentOf(ROUTE_ERROR)}.`;
const percentOf = (share: number) => `${Number((100 * share).toPrecision(2))} %`;

/** What was decided, for a person: a line, and one for each protected slice. */
export function evidenceLines(evidence: Evidence): string[] {
  const { promoted, reason, baseline, candidate, difference, examples, users, slices } = evidence;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const points = (share: number | null) => (share === null ? "?" : (share * 100).toFixed(1));
  const range = (of: Evidence["difference"]) => `${points(of.low)} to ${points(of.high)} points`;
  return [
    `${promoted ? "better" : "not promoted"}: ${percent(baseline.estimate)} → ${percent(candidate.estimate)} of ${examples} held-out examples of ${users} users (difference ${range(difference)}). ${reason}`,
    ...slices.map(
      (slice) =>
        `  ${slice.slice}: ${percent(slice.baseline)} → ${percent(slice.candidate)} of ${slice.examples}${slice.difference ? ` (${range(slice.difference)})` : ""}, ${slice.worse ? "worse" : slice.safe ? "safe" : "not shown to be safe"}`,
    ),
  ];
}
