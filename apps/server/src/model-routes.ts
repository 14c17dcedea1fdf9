import { listModels } from "@flywheel/gateway";
import type { Config, ControlRoute, ModelList, ProviderInfo } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";

/** `/api/models`: what can be asked for by name, and which providers could be. */
export function modelRoutes(config: () => Config): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/models",
      scope: "admin",
      handle(): ModelList {
        const providers = createProviderSet(config(), process.env);
        return { data: listModels(config(), providers), providers: [...providers.list()] };
      },
    },
  ];
}

/** Every provider, whether it could be called now, and what to set where not. */
export function providersOf(config: Config, environment: NodeJS.ProcessEnv): readonly ProviderInfo[] {
  return createProviderSet(config, environment).list();
}
