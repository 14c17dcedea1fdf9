import type { Config, ModelInfo } from "@flywheel/protocol";
import type { ProviderSet } from "@flywheel/providers";
import { ENDPOINT_PREFIX } from "./endpoints/catalogue.ts";

/** Every model name that can be listed: endpoints and routes first, then each provider's. Providers pass other names through, too. */
export function listModels(config: Config, providers: ProviderSet, endpoints: readonly string[] = []): ModelInfo[] {
  const list: ModelInfo[] = [];
  for (const name of endpoints) list.push({ id: ENDPOINT_PREFIX + name, provider: "flywheel", kind: "endpoint" });
  for (const [name, { targets }] of Object.entries(config.routes))
    list.push({ id: name, provider: targets[0]?.provider ?? "", kind: "route" });
  for (const id of providers.ids()) {
    const provider = providers.get(id)!;
    if (provider.unavailable !== undefined) continue;
    for (const model of provider.models) list.push({ id: `${id}/${model}`, provider: id, kind: "model" });
  }
  return list;
}

/** One model in OpenAI's shape. When it was made is not known; the field is required. */
export function toOpenaiModel(model: ModelInfo): { id: string; object: "model"; created: number; owned_by: string } {
  return { id: model.id, object: "model", created: 0, owned_by: model.provider };
}
