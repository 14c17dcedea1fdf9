import { DEFAULT_EVENTS, type EventDefinitions } from "./events.ts";
import type { DialectId } from "./generation.ts";
import type { RouteTrial } from "./trial.ts";

/** When a record counts as written. See the word "accepted" in ARCHITECTURE.md. */
export type Durability = "buffered" | "fsync" | "strict";

/** A provider added or changed by the project. Secrets are named by environment variable, never written down. */
export interface ProviderConfig {
  base_url: string;
  /** Absent = the one in the table of providers, or OpenAI's chat completions. */
  dialect?: DialectId;
  /** Name of the environment variable that holds the key; "" = no key. */
  api_key_env: string;
  headers: Record<string, string>;
  /** Models to list. Others are still passed through as `<provider>/<model>`. */
  models: string[];
}

export interface Target {
  provider: string;
  model: string;
  /**
   * How often it is asked first, against the route's other targets; 0 = never first. Either every target of a route has
   * one or none has, and then the order decides.
   */
  weight?: number;
}

/** What a requested model name stands for. */
export interface RouteConfig {
  /** At least one. */
  targets: Target[];
  /** Milliseconds, in place of the gateway's own. */
  timeouts?: RouteTimeouts;
  /** How often one target is asked again within a generation. */
  retries?: number;
  /** The trial that runs on it; from the control store, never from a project. */
  trial?: RouteTrial;
}

/** Milliseconds. */
export interface RouteTimeouts {
  connect?: number;
  /** Of a streamed answer. */
  first_byte?: number;
  idle?: number;
  /** Of the whole generation: all attempts, and the waiting in between. */
  total?: number;
}

/** US dollars per million tokens, wins over every price table. */
export interface PriceOverride {
  input: number;
  output: number;
  cache_read?: number;
  cache_creation?: number;
}

export interface RedactionPattern {
  name: string;
  /** Source of a regular expression, run with the flags `gu`. */
  pattern: string;
  /** A checksum that a match must pass besides. */
  check?: "luhn" | "iban";
  replacement: string;
}

/** A local model by file. */
export interface LocalModelConfig {
  /** Absolute path to a GGUF file. */
  path: string;
  context_length?: number;
  /** Absolute path to a LoRA adapter, a GGUF file made for that model. */
  adapter?: string;
}

/**
 * Which requests may be answered from the cache: none, those that always get the same answer (temperature 0, embeddings),
 * or all.
 */
export const CACHE_POLICIES = ["off", "deterministic", "all"] as const;
export type CachePolicy = (typeof CACHE_POLICIES)[number];

/** What the project's own code may have while it runs. */
export interface RunnerConfig {
  /** Names of the environment variables that it sees. */
  env: string[];
  /** Hosts that its `fetch` may ask; with a port where it is not the usual one. */
  hosts: string[];
  /** Of its whole process. */
  memory_bytes: number;
  /** For loading it, and for each prompt. */
  timeout_ms: number;
}

/** `flywheel.config.ts` after validation: frozen plain data, passed as an argument, replaced whole on reload. */
export interface Config {
  providers: Record<string, ProviderConfig>;
  /** By requested model name. `default` and `fast` always exist. */
  routes: Record<string, RouteConfig>;
  /** Keyed `provider/model`. */
  prices: Record<string, PriceOverride>;
  redaction: RedactionPattern[];
  retention: {
    /** Days that rows with their texts are kept. */
    days: number;
    /** Seconds a WAL segment is kept after its rows are acknowledged. */
    wal_seconds: number;
  };
  durability: Durability;
  /** Answers given again to the very same request. */
  cache: {
    /** Absent = `deterministic` under `dev`, `off` under `start`. */
    answers?: CachePolicy;
    /** How long an answer may be given again. */
    seconds: number;
    /** What all kept answers of one gateway process may take. */
    bytes: number;
  };
  /** Served as `local/<name>`; `spark` is always there. */
  local: Record<string, LocalModelConfig>;
  runner: RunnerConfig;
  /** What users do with answers and what it means, from `events.ts`. */
  events: EventDefinitions;
}

/** What a project without a `flywheel.config.ts` gets. */
export const DEFAULT_CONFIG: Config = {
  providers: {},
  routes: {
    default: { targets: [{ provider: "local", model: "spark" }] },
    fast: { targets: [{ provider: "local", model: "spark" }] },
  },
  prices: {},
  redaction: [],
  retention: { days: 30, wal_seconds: 3600 },
  durability: "fsync",
  cache: { seconds: 86_400, bytes: 64 * 1024 * 1024 },
  local: {},
  runner: { env: [], hosts: [], memory_bytes: 512 * 1024 * 1024, timeout_ms: 5000 },
  events: DEFAULT_EVENTS,
};
