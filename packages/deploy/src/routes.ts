import {
  type ControlRoute,
  type Evidence,
  FlywheelError,
  type Promotion,
  type PromotionList,
} from "@flywheel/protocol";
import type { Promotions } from "./promotions.ts";

/** `/api/promotions` */
export function promotionRoutes(promotions: Promotions): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/promotions",
      scope: "admin",
      handle: async (): Promise<PromotionList> => ({ data: (await promotions.list()).toReversed() }),
    },
    {
      method: "GET",
      path: "/api/promotions/:id",
      scope: "admin",
      async handle({ params }): Promise<Promotion> {
        const found = (await promotions.list()).find(({ id }) => id === params["id"]);
        if (!found) throw new FlywheelError("not_found", { path: `promotion ${params["id"]!.slice(0, 100)}` });
        return found;
      },
    },
    {
      method: "POST",
      path: "/api/promotions",
      scope: "admin",
      handle({ body }): Promise<Promotion> {
        const { route, model, evidence = null } = (body ?? {}) as Record<string, unknown> & { evidence?: Evidence };
        if (typeof route !== "string" || typeof model !== "string")
          throw new FlywheelError("invalid_request", { reason: "`route` is a route's name and `model` is `provider/model`." }); // prettier-ignore
        return promotions.promote(route, model, evidence);
      },
    },
    {
      method: "POST",
      path: "/api/promotions/:route/rollback",
      scope: "admin",
      handle: ({ params }): Promise<Promotion> => promotions.rollback(params["route"]!),
    },
  ];
}
