import { listModels } from "@flywheel/gateway";
import type { Config, ControlRoute, ModelList, ProviderInfo } from "@flywheel/protocol";
import { createProviderSet, createUpstream, discover } from "@flywheel/providers";

/** `/api/models`: what can be asked for by name, and which providers could be. Servers on this machine are looked for now. */
export function modelRoutes(config: () => Config): ControlRoute[] {
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
  ];
}

/** Every provider, whether it could be called now, and what to set where not. */
export function providersOf(config: Config, environment: NodeJS.ProcessEnv): readonly ProviderInfo[] {
  return createProviderSet(config, environment).list();
}
