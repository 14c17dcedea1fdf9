import { setTimeout as sleep } from "node:timers/promises";
import {
  type ControlClient,
  type Dataset,
  type DatasetList,
  FlywheelError,
  type Job,
  type JobList,
} from "@flywheel/protocol";
import { secondsOf } from "@flywheel/store/commands";
import { buildAndFollow } from "@flywheel/tuning/commands";
import type { AppCommand, AppContext } from "./app-command.ts";
import { evidenceLines, followJob } from "./job.ts";
import { promotionOf } from "./tune.ts";

/** What one turn came to. */
type Turn =
  | { outcome: "nothing_new"; dataset: string }
  | { outcome: "promoted" | "not_promoted"; dataset: string; job: Job }
  | { outcome: "failed"; error: string };

/** `flywheel loop`: the dataset is built anew again and again; where it has changed, a model is tuned on it. */
export const loopCommand: AppCommand = {
  usage: "loop <dataset>",
  summary: "again and again: build the dataset anew, tune on it, promote what is shown to be better",
  options: [
    { flags: "--every <time>", description: "30m, 12h, 7d", default: "1d" },
    { flags: "--once", description: "one turn, for a schedule of your own; exit code 4 where nobody was promoted" },
    { flags: "--endpoint <name>", description: "of which endpoint, where the dataset was never built" },
    { flags: "--model <model>", description: "what to tune", default: "local/spark" },
    { flags: "--route <route>", description: "in front of which route", default: "default" },
    { flags: "--protect <slice...>", description: "what must not get worse: field=value, field=* or a dataset" },
    { flags: "--margin <share>", description: "how much better it must be, 0.02 = two points", default: "0" },
  ],
  examples: ["flywheel loop triage --route fast --every 12h", "flywheel loop triage --endpoint triage --route fast --once --json"], // prettier-ignore
  async run(context, [name], options) {
    const seconds = secondsOf("--every", String(options["every"]));
    const endpoint = typeof options["endpoint"] === "string" ? options["endpoint"] : undefined;
    const tune = { model: String(options["model"]), promotion: promotionOf(options) };
    for (;;) {
      const done = await turn(context, name!, endpoint, tune).catch((error: Error): Turn => {
        if (context.signal.aborted || options["once"] === true) throw error;
        return { outcome: "failed", error: error.message };
      });
      tell(context, done);
      if (options["once"] === true) return done.outcome === "not_promoted" ? 4 : 0;
      await waitUntil(Date.now() + 1000 * seconds, context.signal).catch(() => {});
      if (context.signal.aborted) return 0;
    }
  },
};

/** A timer holds 24 days at most. */
async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  while (Date.now() < time) await sleep(Math.min(time - Date.now(), 86_400_000), undefined, { signal });
}

async function turn(
  context: AppContext,
  name: string,
  endpoint: string | undefined,
  tune: { model: string; promotion: ReturnType<typeof promotionOf> },
): Promise<Turn> {
  const api = await context.api();
  const { data } = await api.get<DatasetList>("/api/datasets");
  const last = data.filter((one) => one.name === name && one.query !== null).toSorted((a, b) => b.version - a.version)[0]; // prettier-ignore
  if (!last && endpoint === undefined)
    throw new FlywheelError("invalid_request", { reason: `There is no dataset ${name} that was built here. --endpoint <name> says what to build it of.` }); // prettier-ignore
  const build = await buildAndFollow(api, { ...queryOf(last), name, ...(endpoint !== undefined && { endpoint }) }, context.signal, () => {}); // prettier-ignore
  if (!build.dataset) throw new FlywheelError("dataset_empty", { reason: build.error?.message ?? "it was not built." });
  const dataset = `${name}@${build.dataset.version}`;
  if (!build.fresh && (await wasTried(api, build.dataset, tune.promotion.route))) return { outcome: "nothing_new", dataset }; // prettier-ignore
  const { id } = await api.post<Job>("/api/jobs", { dataset, ...tune });
  const job = await followJob({ ...context, json: false }, id);
  return { outcome: job.promotion_id === null ? "not_promoted" : "promoted", dataset, job };
}

/** Whether a job has learned from exactly this for this route. */
async function wasTried(api: ControlClient, { id }: Dataset, route: string): Promise<boolean> {
  const { data } = await api.get<JobList>("/api/jobs");
  return data.some((job) => job.dataset_id === id && job.promotion?.route === route && job.status === "succeeded");
}

/** As it was built the last time, up to now. */
function queryOf(last: Dataset | undefined): object {
  const { to: _, ...query } = last?.query ?? {};
  return query;
}

function tell({ out, json }: AppContext, done: Turn): void {
  if (json) return out(JSON.stringify({ time: Date.now(), ...done }));
  const when = new Date().toISOString().slice(0, 16).replace("T", " ");
  if (done.outcome === "failed") out(`${when}  failed: ${done.error}`);
  else if (done.outcome === "nothing_new") out(`${when}  nothing new since ${done.dataset}`);
  else for (const line of evidenceLines(done.job.evidence!)) out(`${when}  ${done.dataset}  ${line}`);
}
