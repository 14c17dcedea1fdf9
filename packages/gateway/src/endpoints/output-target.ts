import type { Endpoint, OutputTier } from "@flywheel/protocol";
import { type Dialect, LOCAL_PROVIDER, type Provider } from "@flywheel/providers";
import { lower, type TargetName } from "@flywheel/schema/targets";

/** How one target's answers are held to an endpoint's type. */
export interface OutputTarget {
  tier: OutputTier;
  /** What the provider is given, or `null` where it is given none. */
  schema: Readonly<Record<string, unknown>> | null;
  strict: boolean;
  /** From a value of that schema to one of the endpoint's. */
  lift: ((value: unknown) => unknown) | undefined;
  /** The same for a text that is still being written, where it need not wait for its end. */
  liftText: (() => (text: string) => string) | undefined;
  /** What the model is told besides. */
  said: readonly string[];
}

/** Nothing is asked for but a text. */
export const UNTYPED: OutputTarget = {
  tier: "native",
  schema: null,
  strict: false,
  lift: undefined,
  liftText: undefined,
  said: [],
};

/** By what the target can do: a grammar, a schema mode of its own, or only words. A grammar does not say what it is for. */
export function outputTarget({ output }: Endpoint, provider: Provider, answering: Dialect): OutputTarget {
  if (output === null || typeof output === "boolean") return UNTYPED;
  const { $schema: _, ...schema } = output;
  const said = ["Answer only with JSON that matches this schema:", JSON.stringify(schema)];
  if (provider.id === LOCAL_PROVIDER) return { ...UNTYPED, tier: "grammar", schema, said };
  if (provider.quirks.has("no_json_schema")) return { ...UNTYPED, tier: "prompt", said };
  return { ...UNTYPED, ...lowered(output, TARGETS[provider.id] ?? BY_DIALECT[answering.id] ?? "openai") };
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

const known = new WeakMap<object, Map<TargetName, Pick<OutputTarget, "schema" | "strict" | "lift" | "liftText">>>();

/** Once for each version of an endpoint, not for each call. */
function lowered(output: Readonly<Record<string, unknown>>, target: TargetName) {
  let targets = known.get(output);
  if (!targets) known.set(output, (targets = new Map()));
  let made = targets.get(target);
  if (!made) {
    const { schema, strict, lift, liftText } = lower(output, target);
    targets.set(target, (made = { schema, strict, lift, liftText }));
  }
  return made;
}
