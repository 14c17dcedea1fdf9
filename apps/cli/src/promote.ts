import { promotionLine } from "@flywheel/deploy/commands";
import { FlywheelError, type Job, type Promotion } from "@flywheel/protocol";
import type { AppCommand } from "./app-command.ts";
import { evidenceLines, followJob } from "./job.ts";
import { promotionOf } from "./tune.ts";

const GATE_NOT_MET = 4;

/** `flywheel promote`: a model is put in front of a route if it answers held-out examples better than who is there now. */
export const promoteCommand: AppCommand = {
  usage: "promote <model>",
  summary: "put a model in front of a route, if it is shown to be better",
  options: [
    { flags: "--route <route>", description: "in front of which", default: "default" },
    { flags: "--dataset <name>", description: "whose held-out examples decide" },
    { flags: "--protect <slice...>", description: "what must not get worse: field=value, field=* or a dataset" }, // prettier-ignore
    { flags: "--margin <share>", description: "how much better it must be, 0.02 = two points", default: "0" },
    { flags: "--force", description: "promote without asking anything" },
  ],
  examples: ["flywheel promote local/spark-triage --route fast --dataset triage", "flywheel promote openai/gpt-4o-mini --route default --force"], // prettier-ignore
  async run(context, [model], options) {
    const { out, note, json } = context;
    const route = String(options["route"]);
    const api = await context.api();
    const job = options["force"] === true ? undefined : await compared();
    const evidence = job?.evidence ?? null;
    if (!json && evidence) evidenceLines(evidence).forEach(out);
    if (evidence && !evidence.promoted) {
      if (json) out(JSON.stringify({ promoted: false, evidence, job: job!.id }));
      return GATE_NOT_MET;
    }
    const promotion = job
      ? await api.get<Promotion>(`/api/promotions/${job.promotion_id}`)
      : await api.post<Promotion>("/api/promotions", { route, model });
    out(json ? JSON.stringify({ promoted: true, evidence, promotion }) : promotionLine(promotion));
    if (!json) note(`One command takes it back: flywheel rollback ${route}`);
    return 0;

    async function compared(): Promise<Job> {
      const dataset = options["dataset"];
      if (typeof dataset !== "string")
        throw new FlywheelError("invalid_request", { reason: "--dataset says whose held-out examples decide; --force asks nothing." }); // prettier-ignore
      const asked = { candidate: model, dataset, promotion: promotionOf(options) };
      return followJob(context, (await api.post<Job>("/api/jobs", asked)).id);
    }
  },
};
