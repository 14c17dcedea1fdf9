import { calcPrice } from "@pydantic/genai-prices";
import type { Cost, CostSource, PriceOverride, Usage } from "@flywheel/protocol";
import modelsDev from "./models-dev.json" with { type: "json" };
import { PROVIDERS } from "./table.ts";

/** The first price list; the same string as the pinned dependency's version, so that a row can be priced again. */
export const PRICE_VERSION = "genai-prices@0.1.8";

export interface PriceRequest {
  provider: string;
  /** The provider's name of the model we asked for. */
  model: string;
  /** The model the provider says answered; tried first, since it is the more exact name. */
  response_model?: string;
  usage: Usage | null;
  /** What the provider itself said the call cost, integer nano-dollars. */
  provider_cost_nano?: number;
  /** When the call was made, epoch milliseconds: prices change over time. */
  time: number;
}

const ON_THIS_MACHINE = new Set(PROVIDERS.filter((row) => row.hosting === "machine").map((row) => row.id));

/** Whether calls cost nothing because the user runs the server. */
export const isOnThisMachine = (provider: string): boolean => ON_THIS_MACHINE.has(provider);

/**
 * What a generation cost. First answer wins: the provider's own figure, the project's override
 * (keyed `provider/model`), nothing for models on this machine, the two bundled tables; else `null`. Never touches the
 * network.
 */
export function price(request: PriceRequest, overrides: Readonly<Record<string, PriceOverride>> = {}): Cost {
  if (request.provider_cost_nano !== undefined) return cost(request.provider_cost_nano, "provider");
  const override = findOverride(request, overrides);
  if (override && request.usage) return cost(priceByRate(override, request.usage), "override");
  if (isOnThisMachine(request.provider)) return cost(0, "local");
  const { usage } = request;
  if (!usage || (usage.input_tokens === undefined && usage.output_tokens === undefined)) return cost(null, "unknown");
  const listed = priceByTable(request, usage);
  if (listed !== null) return cost(listed, "table");
  const rate = snapshotRate(request.provider, request.response_model, request.model);
  return rate ? cost(priceByRate(rate, usage), "table", modelsDev.version) : cost(null, "unknown");
}

function cost(nano: number | null, source: CostSource, price_version: string = PRICE_VERSION): Cost {
  return { cost_nano: nano === null ? null : Math.round(nano), cost_source: source, price_version };
}

type SnapshotRow = readonly [input: number, output: number, read: number | null, created: number | null];
const SNAPSHOT = modelsDev.prices as unknown as Readonly<Record<string, Readonly<Record<string, SnapshotRow>>>>;

/** The snapshot of models.dev knows providers that the first list leaves out; `models-dev.py` makes it. */
export function snapshotRate(provider: string, ...names: (string | undefined)[]): PriceOverride | undefined {
  const models = Object.hasOwn(SNAPSHOT, provider) ? SNAPSHOT[provider]! : {};
  for (const model of names) {
    if (!model || !Object.hasOwn(models, model)) continue;
    const [input, output, read, created] = models[model]!;
    return { input, output, cache_read: read ?? input, cache_creation: created ?? input };
  }
  return undefined;
}

/** Names of the models that the snapshot has of a provider. */
export function snapshotModels(provider: string): string[] {
  return Object.hasOwn(SNAPSHOT, provider) ? Object.keys(SNAPSHOT[provider]!) : [];
}

function findOverride(
  request: PriceRequest,
  overrides: Readonly<Record<string, PriceOverride>>,
): PriceOverride | undefined {
  for (const model of [request.model, request.response_model]) {
    const name = `${request.provider}/${model}`;
    if (model && Object.hasOwn(overrides, name)) return overrides[name];
  }
  return undefined;
}

/** One dollar per million tokens is a thousand nano-dollars per token. */
const NANO_PER_TOKEN = 1000;

/** Nano-dollars, not rounded: tokens by a rate that is the same however many there are. */
export function priceByRate(rate: PriceOverride, usage: Usage): number {
  const parts = split(usage);
  return (
    NANO_PER_TOKEN *
    (parts.plain * rate.input +
      parts.read * (rate.cache_read ?? rate.input) +
      parts.created * (rate.cache_creation ?? rate.input) +
      (usage.output_tokens ?? 0) * rate.output)
  );
}

/** Input tokens taken apart: neither cached nor newly cached, read from the cache, written to it. */
function split(usage: Usage): { plain: number; read: number; created: number } {
  const read = usage.cache_read_input_tokens ?? 0;
  const created = usage.cache_creation_input_tokens ?? 0;
  return { plain: Math.max(0, (usage.input_tokens ?? 0) - read - created), read, created };
}

function priceByTable(request: PriceRequest, usage: Usage): number | null {
  const parts = split(usage);
  const counted = {
    // The list refuses more cached tokens than input tokens; some providers count them beside each other.
    input_tokens: parts.plain + parts.read + parts.created,
    output_tokens: usage.output_tokens ?? 0,
    ...(parts.read > 0 && { cache_read_tokens: parts.read }),
    ...(parts.created > 0 && { cache_write_tokens: parts.created }),
  };
  for (const model of [request.response_model, request.model]) {
    const found = model ? lookUp(counted, model, request) : null;
    if (found !== null) return found * 1e9;
  }
  return null;
}

function lookUp(usage: Record<string, number>, model: string, request: PriceRequest): number | null {
  try {
    return (
      calcPrice(usage, model, { providerId: request.provider, timestamp: new Date(request.time) })?.total_price ?? null
    );
  } catch {
    return null; // no rate for a kind of token that was used: an honest "unknown" beats a wrong sum
  }
}
