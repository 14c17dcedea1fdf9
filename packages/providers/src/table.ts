import type { DialectId } from "@flywheel/protocol";

/** How a provider wants to be shown its key. */
export type AuthKind = "bearer" | "x-api-key" | "api-key" | "x-goog-api-key" | "none";

/**
 * Ways a provider differs from its dialect. A flag is read where the difference matters, by name.
 * - `no_json_schema`: has no mode that holds an answer to a schema
 * - `no_stream_options`: rejects `stream_options`; usage is only known if it comes by itself
 * - `max_completion_tokens`: some models reject `max_tokens` and want this name
 * - `cache_control`: takes Anthropic's cache markers in OpenAI's dialect
 */
export type Quirk = "no_stream_options" | "max_completion_tokens" | "cache_control" | "no_json_schema";

/** A provider as data. Adding one is adding a row; new code is needed only for a new dialect or a new quirk. */
export interface ProviderRow {
  id: string;
  /** Everything before the dialect's path, without a slash at the end. `{NAME}` is filled from the environment. */
  base_url: string;
  dialect: DialectId;
  /** Dialects it speaks besides, under the same base URL. */
  also: readonly DialectId[];
  auth: AuthKind;
  /** Environment variables that hold the key, first one set wins; empty = no key needed. */
  env: readonly string[];
  /** Bare model names beginning with one of these belong to this provider. */
  claims: readonly string[];
  /** `machine`: a server the user runs; its calls cost nothing and it is looked for at `base_url`. */
  hosting: "remote" | "machine";
  quirks: readonly Quirk[];
}

type RowOptions = Partial<Pick<ProviderRow, "dialect" | "also" | "auth" | "env" | "claims" | "quirks">>;

function remote(id: string, base_url: string, env: string, options: RowOptions = {}): ProviderRow {
  return {
    id,
    base_url,
    dialect: "openai-chat",
    also: [],
    auth: "bearer",
    env: [env],
    claims: [],
    hosting: "remote",
    quirks: [],
    ...options,
  };
}

function machine(id: string, base_url: string): ProviderRow {
  return {
    id,
    base_url,
    dialect: "openai-chat",
    also: [],
    auth: "none",
    env: [],
    claims: [],
    hosting: "machine",
    quirks: [],
  };
}

/** Name of the provider that is this installation itself. Its address is known only at run time. */
export const LOCAL_PROVIDER = "local";

/** Every provider known without configuration, in the order claims are tried. */
export const PROVIDERS: readonly ProviderRow[] = [
  machine(LOCAL_PROVIDER, ""),
  remote("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", {
    claims: ["gpt-", "chatgpt-", "o1", "o3", "o4-", "ft:gpt-", "text-embedding-"],
    also: ["openai-responses"],
    quirks: ["max_completion_tokens"],
  }),
  remote("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", {
    dialect: "anthropic-messages",
    auth: "x-api-key",
    claims: ["claude-"],
  }),
  remote("google", "https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY", {
    dialect: "gemini",
    auth: "x-goog-api-key",
    env: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
    claims: ["gemini-", "gemma-"],
  }),
  remote("azure", "https://{AZURE_RESOURCE_NAME}.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY", {
    auth: "api-key",
    env: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
    also: ["openai-responses"],
    quirks: ["max_completion_tokens"],
  }),
  remote("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", {
    claims: ["mistral-", "ministral-", "magistral-", "codestral-", "devstral-", "pixtral-", "open-mistral-"],
    quirks: ["no_stream_options"],
  }),
  remote("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", {
    claims: ["deepseek-chat", "deepseek-reasoner"],
    quirks: ["no_json_schema"],
  }),
  remote("xai", "https://api.x.ai/v1", "XAI_API_KEY", { claims: ["grok-"] }),
  remote("perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY", {
    claims: ["sonar"],
    quirks: ["no_stream_options"],
  }),
  remote("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
  remote("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
  remote("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
  remote("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", { quirks: ["cache_control"] }),
  remote("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
  remote("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
  machine("ollama", "http://127.0.0.1:11434/v1"),
  machine("llamacpp", "http://127.0.0.1:8080/v1"),
  machine("vllm", "http://127.0.0.1:8000/v1"),
  machine("sglang", "http://127.0.0.1:30000/v1"),
  machine("lmstudio", "http://127.0.0.1:1234/v1"),
];
