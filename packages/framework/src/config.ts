import type { BuiltInPattern } from "./patterns.ts";

/** A model as it is called: the provider's id, a slash, and the provider's own name of the model. */
export type ModelName = `${string}/${string}`;

/** Everything a project can set. Every key is optional; what is left out keeps its default. */
export interface ConfigInput {
  /**
   * Providers to add, or to point elsewhere, by id. The id is the part before the slash when a model is called.
   *
   * @default The well-known providers, each there as soon as its key is in the environment.
   * @example
   * providers: {
   *   work: { baseUrl: "https://llm.example.com/v1", apiKeyEnv: "WORK_LLM_KEY", models: ["large"] },
   * }
   */
  providers?: Record<string, ProviderInput>;

  /**
   * Model names of your own. Targets are asked in order until one begins to answer; with weights, chance decides who is
   * asked first. What fails is asked again a little later (never once the client has a part of the answer), and a target
   * that keeps failing is passed over for a while. `flywheel logs <id>` says who was asked and why. A route's name has no
   * slash.
   *
   * @default `default` is `local/spark`, `fast` is whatever `default` is.
   * @example
   * routes: {
   *   default: ["openai/gpt-4o-mini", "local/spark"],
   *   fast: "local/spark",
   *   support: {
   *     targets: [
   *       { model: "openai/gpt-4o-mini", weight: 9 },
   *       { model: "groq/llama-3.3-70b-versatile", weight: 1 },
   *       { model: "local/spark", weight: 0 },
   *     ],
   *     timeouts: { firstByteMs: 5_000, totalMs: 30_000 },
   *     retries: 1,
   *   },
   * }
   */
  routes?: Record<string, ModelName | readonly ModelName[] | RouteInput>;

  /**
   * What a model costs you, in US dollars per million tokens. Wins over every price table; a cost that the provider
   * itself reports wins over this.
   *
   * @default The published prices.
   * @example
   * prices: { "work/large": { input: 0.4, output: 1.2 } }
   */
  prices?: Record<ModelName, PriceInput>;

  /**
   * What must not be kept. Matches are replaced in requests and answers before they are stored; the model still sees
   * the original.
   *
   * @default Nothing is redacted.
   * @example
   * redaction: ["email", "card", { name: "ticket", pattern: /TKT-\d{6}/ }]
   */
  redaction?: readonly (BuiltInPattern | PatternInput)[];

  /**
   * How long texts are kept.
   *
   * @default Rows for 30 days, write-ahead segments for an hour after their rows are stored.
   * @example
   * retention: { days: 7 }
   */
  retention?: RetentionInput;

  /**
   * When a generation counts as written:
   * - `"buffered"`: handed to the operating system some time after the answer; a crash may lose the last moments
   * - `"fsync"`: written before the last byte of the answer, on disk within about 5 ms after it
   * - `"strict"`: on disk before the last byte of the answer; survives power loss
   *
   * @default `"fsync"`
   * @example
   * durability: "strict"
   */
  durability?: "buffered" | "fsync" | "strict";

  /**
   * Answers that are given again to the very same request, without asking the provider. A request says
   * `flywheel-cache: off` to be asked anew, or `flywheel-cache: only` to be answered from here or not at all.
   *
   * @default Under `flywheel dev` what always gets the same answer (temperature 0, embeddings); nothing under `start`.
   * @example
   * cache: { answers: "all", hours: 1 }
   */
  cache?: CacheInput;

  /**
   * Models on this machine: GGUF files by name, called as `local/<name>`. Relative paths start at the project's folder.
   *
   * @default `local/spark`, the bundled model. It is always there.
   * @example
   * local: { qwen: "./models/qwen-0.5b.gguf", long: { path: "./long.gguf", contextLength: 32_768 } }
   */
  local?: Record<string, string | LocalModelInput>;

  /**
   * What your own code (the prompts in `endpoints/`) may have. It runs in a process of its own, without files, without
   * other processes, and with no connection but these. A key of a provider cannot be given to it.
   *
   * @default No environment variables and no hosts; 512 MB and 5 s.
   * @example
   * runner: { env: ["CRM_TOKEN"], hosts: ["crm.example.com"], timeoutMs: 2_000 }
   */
  runner?: RunnerInput;
}

/** A server that speaks one of the known dialects. */
export interface ProviderInput {
  /** Address up to and without `/chat/completions` (or `/messages` …), such as `https://llm.example.com/v1`. */
  baseUrl: string;

  /**
   * The wire format it speaks.
   *
   * @default That of the known provider of this name; for any other name `"openai-chat"`.
   */
  dialect?: "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini";

  /**
   * Name of the environment variable that holds the key. The key itself never goes into this file; `.env` and
   * `.env.local` are read.
   *
   * @default None: no key is sent.
   */
  apiKeyEnv?: string;

  /**
   * Sent with every request to this provider. Not for secrets.
   *
   * @default None.
   */
  headers?: Record<string, string>;

  /**
   * Models to show in lists. Any other model of the provider can be called all the same.
   *
   * @default None.
   */
  models?: readonly string[];
}

/** Who may answer under a name, and how long to try. */
export interface RouteInput {
  /** Models, in the order in which they are asked. */
  targets: readonly (ModelName | TargetInput)[];

  /**
   * How long to wait.
   *
   * @default The times below.
   */
  timeouts?: TimeoutsInput;

  /**
   * How often a target is asked again when it could not be reached, broke off, or answered with 408, 409, 429 or 5xx,
   * before it is the next target's turn; at most 10. The waits are random and grow up to 0.5 s, 1 s, 2 s …, on top of what
   * the provider asks for in `retry-after`; one that asks for more than 5 s is not waited for. Where more than a fifth of
   * a target's calls would be retries, it is not asked again at all.
   *
   * @default 2
   */
  retries?: number;
}

/** A model in a route. */
export interface TargetInput {
  /** Such as `openai/gpt-4o-mini`. */
  model: ModelName;

  /**
   * How often this one is asked first, against the other targets' weights. With 0 it only steps in for others.
   *
   * @default 1 where another target has a weight. Where none has one, the order decides.
   */
  weight?: number;
}

/** Milliseconds. Each ends in an error of its own; all but `totalMs` in the next target's turn. */
export interface TimeoutsInput {
  /**
   * Until there is a connection.
   *
   * @default 5000
   */
  connectMs?: number;

  /**
   * From there to the first byte of a streamed answer. An answer in one piece takes as long as the model writes: only
   * `totalMs` bounds it, and 10 minutes.
   *
   * @default 60000
   */
  firstByteMs?: number;

  /**
   * Between two pieces of an answer.
   *
   * @default 60000
   */
  idleMs?: number;

  /**
   * The whole generation: every attempt, the waits in between, and the answer itself to its last byte.
   *
   * @default 1800000
   */
  totalMs?: number;
}

/** US dollars per million tokens. */
export interface PriceInput {
  /** Tokens of the request. */
  input: number;

  /** Tokens of the answer. */
  output: number;

  /**
   * Tokens read from the provider's cache.
   *
   * @default The price of `input`.
   */
  cacheRead?: number;

  /**
   * Tokens written to the provider's cache.
   *
   * @default The price of `input`.
   */
  cacheCreation?: number;
}

/** A pattern of your own to redact. */
export interface PatternInput {
  /** Shows up in the replacement. */
  name: string;

  /**
   * A regular expression, or its source. Runs with the flags `g` and `u`; `i`, `m` and `s` are kept. Begin it with `\b`
   * or a fixed text: a pattern that can begin anywhere in a long word is slow on long words.
   */
  pattern: RegExp | string;

  /**
   * Put in place of each match, as it is.
   *
   * @default The name in brackets: `[ticket]`.
   */
  replacement?: string;
}

/** How long texts are kept. */
export interface RetentionInput {
  /**
   * Days that generations and their texts are kept.
   *
   * @default 30
   */
  days?: number;

  /**
   * Seconds that a write-ahead segment is kept after its rows are stored. Segments hold texts before redaction.
   *
   * @default 3600
   */
  walSeconds?: number;
}

/** Answers that are given again. */
export interface CacheInput {
  /**
   * Which requests: `"off"` none, `"deterministic"` those at temperature 0 and embeddings, `"all"` every one.
   *
   * @default `"deterministic"` under `flywheel dev`, `"off"` under `flywheel start`.
   */
  answers?: "off" | "deterministic" | "all";

  /**
   * How long an answer may be given again.
   *
   * @default 24
   */
  hours?: number;

  /**
   * Memory for all kept answers of one gateway process. The least recently used go first.
   *
   * @default 64
   */
  megabytes?: number;
}

/** A model on this machine, by file. */
export interface LocalModelInput {
  /** Path to a GGUF file. */
  path: string;

  /**
   * Tokens of context to reserve memory for.
   *
   * @default What the file says, within the memory of this machine.
   */
  contextLength?: number;

  /**
   * Path to a LoRA adapter for that model, a GGUF file, too. Several models with one file and different adapters share its
   * weights in memory.
   *
   * @default None.
   */
  adapter?: string;
}

/** What your own code may have while it runs. */
export interface RunnerInput {
  /**
   * Names of the environment variables that it sees; `.env` and `.env.local` are read.
   *
   * @default None.
   */
  env?: readonly string[];

  /**
   * Hosts that `fetch` may ask, such as `"crm.example.com"` or `"localhost:8080"`. Redirects lead nowhere else. A host
   * at a private address needs that address declared, too.
   *
   * @default None.
   */
  hosts?: readonly string[];

  /**
   * Memory of its process, in megabytes. More than this ends it.
   *
   * @default 512
   */
  memoryMb?: number;

  /**
   * For loading the code, and for each prompt.
   *
   * @default 5000
   */
  timeoutMs?: number;
}

/**
 * Declares the project's configuration, in `flywheel.config.ts`:
 *
 * ```ts
 * import { defineConfig } from "flywheel";
 *
 * export default defineConfig({
 *   routes: { default: ["openai/gpt-4o-mini", "local/spark"] },
 *   redaction: ["email", "card"],
 *   retention: { days: 7 },
 * });
 * ```
 *
 * An edit is picked up while serving; where it does not load, the last good one stays. The file is evaluated in a process
 * of its own, without environment, network or files, and only the plain data of its default export is taken. It may
 * import other files, JSON and npm packages; what it prints is not shown.
 */
export function defineConfig(input: ConfigInput): ConfigInput {
  return input;
}
