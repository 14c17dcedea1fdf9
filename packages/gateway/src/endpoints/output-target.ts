import type { Endpoint, OutputTier } from "@flywheel/protocol";
import { type Dialect, LOCAL_PROVIDER, type Provider } from "@flywheel/providers";

/** How one target's answers are held to an endpoint's type. */
export interface OutputTarget {
  tier: OutputTier;
  /** What the provider is given, or `null` where it is given none. */
  schema: Readonly<Record<string, unknown>> | null;
  strict: boolean;
  /** From a value of that schema to one of the endpoint's. */
  lift: ((value: unknown) => unknown) | undefined;
  /** What the model is told besides. */
  said: readonly string[];
}

/** By what the target can do: a grammar, a schema mode of its own, or only words. A grammar does not say what it is for. */
export function outputTarget({ output }: Endpoint, provider: Provider, _answering: Dialect): OutputTarget {
  const none = { schema: null, strict: false, lift: undefined, said: [] };
  if (output === null || typeof output === "boolean") return { tier: "native", ...none };
  const { $schema: _, ...schema } = output;
  const said = ["Answer only with JSON that matches this schema:", JSON.stringify(schema)];
  if (provider.id === LOCAL_PROVIDER) return { ...none, tier: "grammar", schema, said };
  if (provider.quirks.has("no_json_schema")) return { ...none, tier: "prompt", said };
  return { ...none, tier: "native", schema };
}
