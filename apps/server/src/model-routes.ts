import type { Config, ControlRoute, ModelInfo, ModelList, ProviderInfo } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";

/** `/api/models`: what can be asked for by name, and which providers could be. */
export function modelRoutes(config: () => Config): ControlRoute[] {
  return [
    {
      method: "GET",
      path: "/api/models",
      scope: "admin",
      handle: (): ModelList => ({ data: modelsOf(config(), process.env), providers: providersOf(config(), process.env) }),
    },
  ];
}

export function providersOf(config: Config, environment: NodeJS.ProcessEnv): ProviderInfo[] {
  return [...createProviderSet(config, environment).list()];
}

function modelsOf(config: Config, environment: NodeJS.ProcessEnv): ModelInfo[] {
  const providers = createProviderSet(config, environment);
  const routes = Object.keys(config.routes).map((id): ModelInfo => ({ id, provider: "", kind: "route" }));
  const models = providers.ids().flatMap((provider) =>
    providers.get(provider)!.models.map((model): ModelInfo => ({ id: `${provider}/${model}`, provider, kind: "model" })),
  );
  return [...routes, ...models];
}
