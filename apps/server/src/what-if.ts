import type { ControlRoute, PricedModel, PricedUsage, ProviderDetail, UsageFigures } from "@flywheel/protocol";
import { priceByRate } from "@flywheel/providers/catalog";
import { type LogStore, readUsageQuery } from "@flywheel/store/logs";

/** `/api/usage/priced`: the traffic of a period at the price of every model. */
export function whatIfRoute(logs: LogStore, providers: () => Promise<ProviderDetail[]>): ControlRoute {
  return {
    method: "GET",
    path: "/api/usage/priced",
    scope: "admin",
    async handle({ query }): Promise<PricedUsage> {
      const { by: _, step: __, ...period } = readUsageQuery(query);
      const [byCache, byModel, known] = await Promise.all([
        logs.usage({ ...period, by: "cache" }),
        logs.usage({ ...period, by: "model" }),
        providers(),
      ]);
      const used = new Set(byModel.map(({ name }) => name));
      const asked = byCache.filter(({ name }) => name !== "hit");
      const sum = (of: (figures: UsageFigures) => number) => asked.reduce((total, figures) => total + of(figures), 0);
      const tokens = {
        generations: sum(({ generations }) => generations),
        input_tokens: sum(({ input_tokens }) => input_tokens),
        cache_read_input_tokens: sum(({ cache_read_input_tokens }) => cache_read_input_tokens),
        cache_creation_input_tokens: sum(({ cache_creation_input_tokens }) => cache_creation_input_tokens),
        output_tokens: sum(({ output_tokens }) => output_tokens),
      };
      return {
        from: period.from,
        to: period.to,
        tokens,
        cost_nano: sum(({ cost_nano }) => cost_nano),
        unpriced: sum(({ unpriced }) => unpriced),
        models: known.flatMap((provider) => pricedModels(provider, tokens, used)).toSorted(cheapestFirst),
      };
    },
  };
}

/**
 * Models that write: one whose output costs nothing only embeds, or is an offer that nobody can build on. On this
 * machine everything is free.
 */
function pricedModels(
  { available, hosting, models }: ProviderDetail,
  tokens: PricedUsage["tokens"],
  used: ReadonlySet<string>,
): PricedModel[] {
  return models.flatMap(({ id, price }) => {
    if (price === null || (price.output === 0 && hosting === "remote")) return [];
    return [{ id, available, used: used.has(id), price, cost_nano: Math.round(priceByRate(price, tokens)) }];
  });
}

const cheapestFirst = (a: PricedModel, b: PricedModel) => a.cost_nano - b.cost_nano || (a.id < b.id ? -1 : 1);
