import type { Config, Promotion, Target } from "@flywheel/protocol";

/** The latest of each route. @param promotions oldest first */
export function latestOf(promotions: readonly Promotion[]): Map<string, Promotion> {
  return new Map(promotions.map((promotion) => [promotion.route, promotion]));
}

/** The route's targets as they are asked: what was promoted first, then what the project names, in its order. */
export function withPromotions(config: Config, promotions: readonly Promotion[]): Config {
  const routes = { ...config.routes };
  for (const { route, model } of latestOf(promotions).values()) {
    const known = Object.hasOwn(routes, route) ? routes[route] : undefined;
    const front = targetOf(model);
    if (!known || !front) continue;
    // By weight nobody would be in front.
    const others = known.targets.filter((each) => nameOf(each) !== model).map(({ weight: _, ...each }) => each);
    routes[route] = { ...known, targets: [front, ...others] };
  }
  return { ...config, routes };
}

export const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`;

export function targetOf(name: string): Target | undefined {
  const slash = name.indexOf("/");
  return slash > 0 && slash < name.length - 1 ? { provider: name.slice(0, slash), model: name.slice(slash + 1) } : undefined; // prettier-ignore
}
