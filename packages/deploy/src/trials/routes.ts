import { type Config, type ControlRoute, FlywheelError, type Trial, type TrialDetail, type TrialList } from "@flywheel/protocol"; // prettier-ignore
import { createProviderSet, LOCAL_PROVIDER } from "@flywheel/providers";
import type { ControlStore } from "@flywheel/store/control";
import type { LogStore } from "@flywheel/store/logs";
import { targetOf, withPromotions } from "../pointer.ts";
import { checkRoute } from "../promotions.ts";
import { judgeTrial } from "./judge.ts";
import { frontOf, whyNot } from "./snapshot.ts";
import { readPlan } from "./plan.ts";

type Store = Pick<ControlStore, "listPromotions" | "listTrials" | "addTrial" | "endTrial">;

/** `/api/trials` */
export function trialRoutes(config: () => Config, store: Store, logs: Pick<LogStore, "trialRows">): ControlRoute[] {
  async function trialNamed(id: string): Promise<Trial> {
    const trial = (await store.listTrials()).find((one) => one.id === id);
    if (!trial) throw new FlywheelError("not_found", { path: `trial ${id}` });
    return trial;
  }

  const known = async (trial: Trial) => judgeTrial(trial, await logs.trialRows(trial));

  return [
    {
      method: "GET",
      path: "/api/trials",
      scope: "admin",
      handle: async (): Promise<TrialList> => ({ data: (await store.listTrials()).toReversed() }),
    },
    {
      method: "POST",
      path: "/api/trials",
      scope: "admin",
      async handle({ body }): Promise<Trial> {
        const plan = readPlan(body);
        const now = withPromotions(config(), await store.listPromotions());
        checkRoute(now, plan.route);
        checkModel(plan.candidate, now);
        const baseline = frontOf(now.routes[plan.route]!);
        if (baseline === plan.candidate)
          throw new FlywheelError("conflict", { reason: `${baseline} is in front of ${plan.route} already.` });
        const reason = whyNot(now, { route: plan.route, baseline });
        if (reason !== undefined) throw new FlywheelError("conflict", { reason: `Nothing can be tried: ${reason}.` });
        return store.addTrial({ ...plan, baseline });
      },
    },
    {
      method: "GET",
      path: "/api/trials/:id",
      scope: "admin",
      async handle({ params }): Promise<TrialDetail> {
        const trial = await trialNamed(params["id"]!);
        if (trial.ended !== null) return { ...trial, now: trial.evidence };
        const { evidence, reason } = await known(trial);
        return { ...trial, reason, now: evidence };
      },
    },
    {
      method: "POST",
      path: "/api/trials/:id/stop",
      scope: "admin",
      async handle({ params }): Promise<Trial> {
        const trial = await trialNamed(params["id"]!);
        // It ends whether or not anything can be said of it.
        const { evidence } = await known(trial).catch(() => ({ evidence: null }));
        return store.endTrial(trial.id, { outcome: "stopped", reason: "It was stopped by hand.", evidence });
      },
    },
  ];
}

/** Of local models all are known; of a provider's no list is complete. */
function checkModel(name: string, config: Config): void {
  const { provider: id, model } = targetOf(name)!;
  const provider = createProviderSet(config, {}).get(id);
  if (provider && (id !== LOCAL_PROVIDER || provider.models.includes(model))) return;
  throw new FlywheelError("model_not_found", { model: name, hint: " `GET /v1/models` lists what does." }, { param: "candidate" }); // prettier-ignore
}
