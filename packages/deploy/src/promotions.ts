import { type Config, type Evidence, FlywheelError, type Promotion } from "@flywheel/protocol";
import type { ControlStore } from "@flywheel/store/control";
import { latestOf, nameOf } from "./pointer.ts";

const MOST_EVIDENCE = 200_000;

/** Who is in front of which route, and how that changes. */
export interface Promotions {
  /** Oldest first. */
  list(): Promise<Promotion[]>;
  /** As a client names it. Throws `invalid_request` where there is no such route. */
  frontOf(route: string): Promise<string>;
  /** Throws `conflict` where the model is in front already. */
  promote(route: string, model: string, evidence: Evidence | null): Promise<Promotion>;
  /** Throws `conflict` where nothing was promoted. */
  rollback(route: string): Promise<Promotion>;
}

export function createPromotions(
  config: () => Config,
  store: Pick<ControlStore, "listPromotions" | "addPromotion">,
): Promotions {
  async function frontOf(route: string): Promise<string> {
    const known = config().routes;
    checkRoute(config(), route);
    return latestOf(await store.listPromotions()).get(route)?.model ?? nameOf(known[route]!.targets[0]!);
  }

  return {
    list: () => store.listPromotions(),
    frontOf,
    async promote(route, model, evidence) {
      if (!/^[^/\s]+\/\S+$/.test(model))
        throw new FlywheelError("invalid_request", { reason: "`model` is `provider/model`." });
      if (JSON.stringify(evidence).length > MOST_EVIDENCE)
        throw new FlywheelError("invalid_request", { reason: `\`evidence\` is larger than ${MOST_EVIDENCE} characters.` }); // prettier-ignore
      const previous = await frontOf(route);
      if (previous === model)
        throw new FlywheelError("conflict", { reason: `${model} is in front of ${route} already.` });
      return store.addPromotion({ route, model, previous, evidence, rollback_of: null });
    },
    async rollback(route) {
      checkRoute(config(), route);
      const last = latestOf(await store.listPromotions()).get(route);
      if (!last) throw new FlywheelError("conflict", { reason: `Nothing was promoted on ${route}.` });
      return store.addPromotion({ route, model: last.previous, previous: last.model, evidence: null, rollback_of: last.id }); // prettier-ignore
    },
  };
}

/** Throws `invalid_request` where there is no such route. */
export function checkRoute({ routes }: Config, route: string): void {
  if (Object.hasOwn(routes, route)) return;
  throw new FlywheelError("invalid_request", { reason: `There is no route ${JSON.stringify(route)}; there are ${Object.keys(routes).join(", ")}.` }); // prettier-ignore
}
