import type { ControlClient, EndpointList, PromotionList, ProviderList } from "@flywheel/protocol";

/**
 * What answers to these names now, where that can change without the name changing: of a route its targets and who was
 * promoted, of an endpoint the build of the project besides, as it may call any route.
 */
export async function behindNames(api: ControlClient, names: readonly string[]): Promise<Record<string, string>> {
  const { routes } = await api.get<ProviderList>("/api/providers");
  const { data: promotions } = await api.get<PromotionList>("/api/promotions");
  const stateOf = ({ name, targets }: (typeof routes)[number]) =>
    JSON.stringify([name, targets, promotions.find(({ route }) => route === name)?.model ?? ""]);
  const all: Record<string, string> = {};
  for (const name of names) {
    const route = routes.find((one) => one.name === name);
    if (route) all[name] = stateOf(route);
    if (!name.startsWith("endpoint/")) continue;
    const { build } = await api.get<EndpointList>("/api/endpoints");
    all[name] = [build, ...routes.map(stateOf)].join("\n");
  }
  return all;
}
