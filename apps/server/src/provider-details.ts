import type { Config, ProviderDetail, ProviderInfo, ProviderModel } from "@flywheel/protocol";
import { LOCAL_PROVIDER, type Provider, type ProviderSet } from "@flywheel/providers";
import { type ListedModel, listedModel, listedModels } from "@flywheel/providers/catalog";
import { type LocalHealthOf, localModelInfo } from "./local-model-info.ts";

/** Which models a provider says it serves. */
type ServedBy = (provider: Provider) => Promise<readonly string[]>;

/** Every provider with the models that are known of it: configured ones first, then what it serves or the lists name. */
export async function providerDetails(
  config: Config,
  providers: ProviderSet,
  servedBy: ServedBy,
  localHealth: LocalHealthOf,
): Promise<ProviderDetail[]> {
  const details = providers.list().map(async (info): Promise<ProviderDetail> => {
    const { dialect, hosting } = providers.get(info.id)!;
    const models =
      info.id === LOCAL_PROVIDER
        ? await localModels(config, localHealth)
        : await modelsOf(info, config, providers.get(info.id)!, servedBy);
    return { ...info, dialect, hosting, env: [...providers.env(info.id)], models };
  });
  return Promise.all(details);
}

async function modelsOf(
  { id, available }: ProviderInfo,
  config: Config,
  provider: Provider,
  servedBy: ServedBy,
): Promise<ProviderModel[]> {
  const listed = (model: string) => listedModel(id, model, config.prices);
  const served = available ? await servedBy(provider) : [];
  const models = new Map<string, ProviderModel>();
  const add = (known_from: ProviderModel["known_from"], rows: ListedModel[]) => {
    for (const { model, ...row } of rows)
      if (!models.has(model)) models.set(model, { id: `${id}/${model}`, known_from, ...row });
  };
  add("config", provider.models.map(listed));
  add("server", served.map(listed));
  add(
    "prices",
    listedModels(id).map((row) => (Object.hasOwn(config.prices, `${id}/${row.model}`) ? listed(row.model) : row)),
  );
  return [...models.values()];
}

async function localModels(config: Config, health: LocalHealthOf): Promise<ProviderModel[]> {
  const running = await health();
  return Promise.all(
    Object.entries(config.local).map(async ([name, file]): Promise<ProviderModel> => {
      const { context_length, ...local } = await localModelInfo(
        file,
        running.find(({ id }) => id === name),
      );
      const { price } = listedModel(LOCAL_PROVIDER, name, config.prices);
      return { id: `${LOCAL_PROVIDER}/${name}`, known_from: "config", price, context_length, local };
    }),
  );
}
