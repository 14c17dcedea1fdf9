import type { Config, ProviderInfo } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";

/** Every provider, whether it could be called now, and what to set where not. */
export function providersOf(config: Config, environment: NodeJS.ProcessEnv): readonly ProviderInfo[] {
  return createProviderSet(config, environment).list();
}
