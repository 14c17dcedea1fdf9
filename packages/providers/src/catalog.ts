import { calcPrice, findProvider } from "@pydantic/genai-prices";
import type { PriceOverride } from "@flywheel/protocol";
import { isOnThisMachine, snapshotModels, snapshotRate } from "./price.ts";

export { priceByRate } from "./price.ts";

/** What the bundled lists know of a model. */
export interface ListedModel {
  /** The provider's name of it. */
  model: string;
  /** US dollars per million tokens, of the lowest tier where there are several; `null` = unknown. */
  price: PriceOverride | null;
  /** Tokens; `null` = unknown. */
  context_length: number | null;
}

/** Looking all of them up takes half a second, and what they cost changes by the day at most. */
let lists = { day: "", ofProvider: new Map<string, ListedModel[]>() };

/** The models of a provider that the bundled price lists name, by name; those it has withdrawn are left out. */
export function listedModels(provider: string): readonly ListedModel[] {
  const day = new Date().toISOString().slice(0, 10);
  if (lists.day !== day) lists = { day, ofProvider: new Map() };
  const models = lists.ofProvider.get(provider) ?? readLists(provider);
  lists.ofProvider.set(provider, models);
  return models;
}

function readLists(provider: string): ListedModel[] {
  const known = findProvider({ providerId: provider })?.models ?? [];
  const withdrawn = new Set(known.filter(({ deprecated }) => deprecated).map(({ id }) => id));
  const names = new Set([...known.map(({ id }) => id), ...snapshotModels(provider)]);
  return (
    [...names]
      // What ends in a dash stands for all that begins with it.
      .filter((model) => !withdrawn.has(model) && !model.endsWith("-"))
      .sort()
      .map((model) => listedModel(provider, model))
  );
}

/** The same for one model by name; it may be in no list. */
export function listedModel(
  provider: string,
  model: string,
  overrides: Readonly<Record<string, PriceOverride>> = {},
): ListedModel {
  const name = `${provider}/${model}`;
  const found = isOnThisMachine(provider) ? undefined : lookUp(provider, model);
  const free = isOnThisMachine(provider) ? { input: 0, output: 0 } : null;
  const override = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
  return {
    model,
    price: override ?? free ?? found?.price ?? snapshotRate(provider, model) ?? null,
    context_length: found?.context_length ?? null,
  };
}

function lookUp(provider: string, model: string): Omit<ListedModel, "model"> | undefined {
  try {
    const found = calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { providerId: provider });
    return found ? { price: rateOf(found.model_price), context_length: found.model.context_window ?? null } : undefined;
  } catch {
    return undefined; // the list has no price for text
  }
}

type Rate = NonNullable<ReturnType<typeof calcPrice>>["model_price"];

function rateOf(prices: Rate): PriceOverride | null {
  const of = (key: string): number | undefined => {
    const value = prices[key];
    return typeof value === "object" ? value.base : value;
  };
  const [input, output] = [of("input_mtok"), of("output_mtok")];
  if (input === undefined) return null;
  const [cache_read, cache_creation] = [of("cache_read_mtok"), of("cache_write_mtok")];
  return {
    input,
    output: output ?? 0,
    ...(cache_read !== undefined && { cache_read }),
    ...(cache_creation !== undefined && { cache_creation }),
  };
}
