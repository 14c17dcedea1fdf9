import { listModels } from "@flywheel/gateway";
import type { Config, ControlRoute, ModelList, ProviderList } from "@flywheel/protocol";
import { createProviderSet, createUpstream, discover } from "@flywheel/providers";
import type { LogStore } from "@flywheel/store/logs";
import type { LocalHealthOf } from "./local-model-info.ts";
import { providerDetails } from "./provider-details.ts";
import { createServedModels } from "./served-models.ts";
import { whatIfRoute } from "./what-if.ts";

/**
 * `/api/models`: what can be asked for by name. `/api/providers`: who could be asked. `/api/usage/priced`: what what was
 * asked would cost there. Servers on this machine are looked for now.
 */
export function modelRoutes(config: () => Config, localHealth: LocalHealthOf, logs: LogStore): ControlRoute[] {
  const upstream = createUpstream();
  const servedBy = createServedModels(upstream);
  const lookAround = () => new Promise<ReadonlySet<string>>((resolve) => discover(upstream, resolve));
  const details = async () =>
    providerDetails(config(), createProviderSet(config(), process.env, await lookAround()), servedBy, localHealth);
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
        const routes = Object.entries(config().routes).map(([name, { targets }]) => ({ name, targets }));
        return { routes, data: await details() };
      },
    },
    whatIfRoute(logs, details),
  ];
}
