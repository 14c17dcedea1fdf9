import type { Config, ProviderInfo } from "@flywheel/protocol";
import { createProviderSet, createUpstream, discover, type Reached, reach, type Upstream } from "@flywheel/providers";
import type { Environment } from "./environment.ts";

/** Every provider, whether it could be called now, and what to set where not. `found`: servers of this machine, by id. */
export function providersOf(
  config: Config,
  environment: Environment,
  found?: ReadonlySet<string>,
): readonly ProviderInfo[] {
  return createProviderSet(config, environment, found).list();
}

/** Ids of the model servers that answer on this machine's usual ports. */
export function serversHere(): Promise<ReadonlySet<string>> {
  return withUpstream((upstream) => new Promise((resolve) => discover(upstream, resolve)));
}

/** Knock at a provider; `undefined` where there is nothing to knock at. */
export function reachProvider(id: string, config: Config, environment: Environment): Promise<Reached | undefined> {
  const provider = createProviderSet(config, environment).get(id);
  if (!provider || provider.origin === "") return Promise.resolve(undefined);
  return withUpstream((upstream) => new Promise((resolve) => reach(upstream, provider, resolve)));
}

async function withUpstream<T>(use: (upstream: Upstream) => Promise<T>): Promise<T> {
  const upstream = createUpstream();
  try {
    return await use(upstream);
  } finally {
    upstream.close();
  }
}
