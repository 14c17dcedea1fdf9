import { listModels } from "@flywheel/gateway";
import type { Config, ControlRoute, ModelList, ProviderList } from "@flywheel/protocol";
import { createProviderSet, createUpstream, discover } from "@flywheel/providers";
import type { LocalHealthOf } from "./local-model-info.ts";
import { providerDetails } from "./provider-details.ts";

/** `/api/models`: what can be asked for by name. `/api/providers`: who could be asked. Servers on this machine are looked for now. */
export function modelRoutes(config: () => Config, localHealth: LocalHealthOf): ControlRoute[] {
  const upstream = createUpstream();
  const lookAround = () => new Promise<ReadonlySet<string>>((resolve) => discover(upstream, resolve));
  return [
    {
      method: "GET",
      path: "/api/models",
      scope: "admin",
      async handle(): Promise<ModelList> {
        const providers = createProviderSet(config(), process.env, await lookAround());
        return { data: listModels(config(), providers), providers: [...providers.list()] };
      },
    },
    {
      method: "GET",
      path: "/api/providers",
      scope: "admin",
      async handle(): Promise<ProviderList> {
        const providers = createProviderSet(config(), process.env, await lookAround());
        const routes = Object.entries(config().routes).map(([name, { targets }]) => ({ name, targets }));
        return { routes, data: await providerDetails(config(), providers, upstream, localHealth) };
      },
    },
  ];
}
