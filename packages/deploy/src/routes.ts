import { type Config, type ControlRoute, FlywheelError, type Promotion, type PromotionList } from "@flywheel/protocol";
import type { ControlStore } from "@flywheel/store/control";
import { latestOf, nameOf } from "./pointer.ts";

type Promotions = Pick<ControlStore, "listPromotions" | "addPromotion">;

const MOST_EVIDENCE = 200_000;

/** `/api/promotions` */
export function promotionRoutes(config: () => Config, store: Promotions): ControlRoute[] {
  async function frontOf(route: string): Promise<string> {
    const known = config().routes;
    if (!Object.hasOwn(known, route)) throw noRoute(route, Object.keys(known));
    return latestOf(await store.listPromotions()).get(route)?.model ?? nameOf(known[route]!.targets[0]!);
  }

  return [
    {
      method: "GET",
      path: "/api/promotions",
      scope: "admin",
      handle: async (): Promise<PromotionList> => ({ data: (await store.listPromotions()).toReversed() }),
    },
    {
      method: "POST",
      path: "/api/promotions",
      scope: "admin",
      async handle({ body }): Promise<Promotion> {
        const { route, model, evidence = null } = (body ?? {}) as Record<string, unknown>;
        if (typeof route !== "string" || typeof model !== "string" || !/^[^/\s]+\/\S+$/.test(model))
          throw new FlywheelError("invalid_request", { reason: "`route` is a route's name and `model` is `provider/model`." }); // prettier-ignore
        if (JSON.stringify(evidence).length > MOST_EVIDENCE)
          throw new FlywheelError("invalid_request", { reason: `\`evidence\` is larger than ${MOST_EVIDENCE} characters.` }); // prettier-ignore
        const previous = await frontOf(route);
        if (previous === model)
          throw new FlywheelError("conflict", { reason: `${model} is in front of ${route} already.` });
        return store.addPromotion({ route, model, previous, evidence, rollback_of: null });
      },
    },
    {
      method: "POST",
      path: "/api/promotions/:route/rollback",
      scope: "admin",
      async handle({ params }): Promise<Promotion> {
        const route = params["route"]!;
        await frontOf(route);
        const last = latestOf(await store.listPromotions()).get(route);
        if (!last) throw new FlywheelError("conflict", { reason: `Nothing was promoted on ${route}.` });
        return store.addPromotion({ route, model: last.previous, previous: last.model, evidence: null, rollback_of: last.id }); // prettier-ignore
      },
    },
  ];
}

export function noRoute(route: string, known: string[]): FlywheelError {
  return new FlywheelError("invalid_request", { reason: `There is no route ${JSON.stringify(route)}; there are ${known.join(", ")}.` }); // prettier-ignore
}
