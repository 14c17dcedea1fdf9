import type { Endpoint, OutputTier } from "@flywheel/protocol";
import { type Dialect, LOCAL_PROVIDER, type Provider } from "@flywheel/providers";
import { lower, type Lowered, type TargetName } from "@flywheel/schema/targets";

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
export function outputTarget({ output }: Endpoint, provider: Provider, answering: Dialect): OutputTarget {
  const none = { schema: null, strict: false, lift: undefined, said: [] };
  if (output === null || typeof output === "boolean") return { tier: "native", ...none };
  const { $schema: _, ...schema } = output;
  const said = ["Answer only with JSON that matches this schema:", JSON.stringify(schema)];
  if (provider.id === LOCAL_PROVIDER) return { ...none, tier: "grammar", schema, said };
  if (provider.quirks.has("no_json_schema")) return { ...none, tier: "prompt", said };
  return { ...none, tier: "native", ...lowered(output, TARGETS[provider.id] ?? BY_DIALECT[answering.id] ?? "openai") };
}

/** Where a provider has a schema mode unlike its dialect's own. */
const TARGETS: Readonly<Partial<Record<string, TargetName>>> = {
  mistral: "mistral",
  ollama: "ollama",
  llamacpp: "llama.cpp",
  lmstudio: "llama.cpp",
  vllm: "vllm",
  sglang: "vllm",
};
const BY_DIALECT: Readonly<Partial<Record<string, TargetName>>> = { "anthropic-messages": "anthropic", gemini: "gemini" }; // prettier-ignore

const known = new WeakMap<object, Map<TargetName, Pick<Lowered, "schema" | "strict" | "lift">>>();

/** Once for each version of an endpoint, not for each call. */
function lowered(output: Readonly<Record<string, unknown>>, target: TargetName) {
  let targets = known.get(output);
  if (!targets) known.set(output, (targets = new Map()));
  let made = targets.get(target);
  if (!made) {
    const { schema, strict, lift } = lower(output, target);
    targets.set(target, (made = { schema, strict, ...(lift && { lift }) }));
  }
  return made;
}
