import { statSync } from "node:fs";
import { resolve } from "node:path";
import {
  CACHE_POLICIES,
  type Config,
  DEFAULT_CONFIG,
  DIALECT_IDS,
  type DialectId,
  type Durability,
  type LocalModelConfig,
  type PriceOverride,
  type ProviderConfig,
  type RouteConfig,
} from "@flywheel/protocol";
import type { CacheInput, ConfigInput, LocalModelInput, PriceInput, ProviderInput, RetentionInput } from "flywheel";
import {
  at,
  entriesOf,
  expected,
  isObjectOf,
  itemsOf,
  keysOf,
  numberAt,
  type Place,
  report,
  stringAt,
} from "./expect.ts";
import { isPlainObject } from "./plain-data.ts";
import { redactionOf } from "./redaction.ts";
import { runnerOf } from "./runner-config.ts";
import { MODEL_NAME, routeOf } from "./route.ts";

const CONFIG_KEYS = keysOf<ConfigInput>({
  providers: true,
  routes: true,
  prices: true,
  redaction: true,
  retention: true,
  durability: true,
  cache: true,
  local: true,
  runner: true,
});
const PROVIDER_KEYS = keysOf<ProviderInput>({
  baseUrl: true,
  dialect: true,
  apiKeyEnv: true,
  headers: true,
  models: true,
});
const PRICE_KEYS = keysOf<PriceInput>({ input: true, output: true, cacheRead: true, cacheCreation: true });
const RETENTION_KEYS = keysOf<RetentionInput>({ days: true, walSeconds: true });
const CACHE_KEYS = keysOf<CacheInput>({ answers: true, hours: true, megabytes: true });
const LOCAL_KEYS = keysOf<LocalModelInput>({ path: true, contextLength: true, adapter: true });
const DURABILITIES: readonly Durability[] = ["buffered", "fsync", "strict"];

const PROVIDER_NAME = { test: /^[a-z0-9][a-z0-9_-]*$/, what: "made of small letters, digits, `-` and `_`" };
const ROUTE_NAME = { test: /^[^\s/]+$/, what: "free of `/` and spaces" };
const LOCAL_NAME = { test: /^[A-Za-z0-9][\w.-]*$/, what: "made of letters, digits, `-`, `_` and `.`" };
const HEADER_NAME = { test: /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, what: "a header name" };
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The configuration that a default export means, with every default filled in, or everything that is wrong with it.
 * `dir` is where relative paths start.
 */
export function validateConfig(input: unknown, dir: string): { config: Config } | { problems: string[] } {
  const problems: string[] = [];
  const whole: Place = { value: input, path: "", problems };
  if (!isPlainObject(input)) {
    expected(whole, "the default export to be an object, as `defineConfig({ … })` returns it");
    return { problems };
  }
  isObjectOf(whole, CONFIG_KEYS);
  const config: Config = {
    providers: entriesOf(at(whole, "providers"), PROVIDER_NAME, providerOf),
    routes: withDefaults(entriesOf(at(whole, "routes"), ROUTE_NAME, routeOf)),
    prices: entriesOf(at(whole, "prices"), MODEL_NAME, priceOf),
    redaction: redactionOf(at(whole, "redaction")),
    retention: retentionOf(at(whole, "retention")),
    durability: durabilityOf(at(whole, "durability")),
    cache: cacheOf(at(whole, "cache")),
    local: entriesOf(at(whole, "local"), LOCAL_NAME, (entry) => localModelOf(entry, dir)),
    runner: runnerOf(at(whole, "runner"), keyVariables(at(whole, "providers"))),
    events: DEFAULT_CONFIG.events,
  };
  return problems.length > 0 ? { problems } : { config };
}

/** Of the providers as they are written: what is wrong with them is told elsewhere. */
function keyVariables({ value }: Place): string[] {
  if (!isPlainObject(value)) return [];
  const names = Object.values(value).map((provider) => isPlainObject(provider) && provider["apiKeyEnv"]);
  return names.filter((name) => typeof name === "string");
}

function withDefaults(routes: Record<string, RouteConfig>): Record<string, RouteConfig> {
  const main = routes["default"] ?? DEFAULT_CONFIG.routes["default"]!;
  return { ...routes, default: main, fast: routes["fast"] ?? main };
}

function providerOf(place: Place, name: string): ProviderConfig | undefined {
  if (!isObjectOf(place, PROVIDER_KEYS)) return undefined;
  if (name === "local") return report(place, "`local` is this machine; give your provider another name");
  const base_url = baseUrlOf(at(place, "baseUrl"));
  const api_key_env = variableOf(at(place, "apiKeyEnv"));
  const headers = entriesOf(at(place, "headers"), HEADER_NAME, headerOf);
  const models = itemsOf(at(place, "models"), "a list of model names", (item) => stringAt(item, "a model name"));
  if (base_url === undefined || api_key_env === undefined) return undefined;
  const dialect = dialectOf(at(place, "dialect"));
  return { base_url, ...(dialect && { dialect }), api_key_env, headers, models };
}

function dialectOf(place: Place): DialectId | undefined {
  return oneOf(place, DIALECT_IDS);
}

/** What was written is not repeated: it may be the key itself. */
function variableOf(place: Place): string | undefined {
  const { value } = place;
  if (value === undefined) return "";
  if (typeof value === "string" && VARIABLE_NAME.test(value)) return value;
  return report(
    place,
    'expected the name of an environment variable, such as "WORK_LLM_KEY"; the key itself goes into .env',
  );
}

function baseUrlOf(place: Place): string | undefined {
  const { value } = place;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol))
    return expected(place, 'an address such as "https://llm.example.com/v1"');
  if (url.username || url.password)
    return report(place, "an address with a password in it; name the key with `apiKeyEnv` instead");
  if (url.search || url.hash) return report(place, "an address ends before `?` and `#`");
  return url.href.replace(/\/+$/, "");
}

function headerOf(place: Place, name: string): string | undefined {
  if (/^(?:(?:proxy-)?authorization|x-api-key|x-goog-api-key)$/i.test(name))
    return report(place, "secrets do not belong here; name the key with `apiKeyEnv`");
  const value = stringAt(place);
  return value !== undefined && /[\r\n\0]/.test(value) ? report(place, "a header has no line breaks") : value;
}

function priceOf(place: Place): PriceOverride | undefined {
  if (!isObjectOf(place, PRICE_KEYS, "an object such as { input: 0.4, output: 1.2 }")) return undefined;
  const dollars = (key: keyof PriceInput) =>
    numberAt(at(place, key), { min: 0, max: 1e6 }, "US dollars per million tokens");
  const optional = (key: keyof PriceInput) => (at(place, key).value === undefined ? undefined : dollars(key));
  const [input, output, cacheRead, cacheCreation] = [
    dollars("input"),
    dollars("output"),
    optional("cacheRead"),
    optional("cacheCreation"),
  ];
  if (input === undefined || output === undefined) return undefined;
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cache_read: cacheRead }),
    ...(cacheCreation === undefined ? {} : { cache_creation: cacheCreation }),
  };
}

function retentionOf(place: Place): Config["retention"] {
  const defaults = DEFAULT_CONFIG.retention;
  if (place.value === undefined || !isObjectOf(place, RETENTION_KEYS)) return defaults;
  return {
    days: numberOr(defaults.days, at(place, "days"), { min: 1, max: 36_500 }, "days, at least 1"),
    wal_seconds: numberOr(defaults.wal_seconds, at(place, "walSeconds"), { min: 0, max: 1e9 }, "seconds, 0 or more"),
  };
}

function numberOr(usual: number, place: Place, range: { min: number; max: number }, what: string): number {
  return (place.value === undefined ? undefined : numberAt(place, range, what)) ?? usual;
}

function durabilityOf(place: Place): Durability {
  return oneOf(place, DURABILITIES) ?? DEFAULT_CONFIG.durability;
}

function cacheOf(place: Place): Config["cache"] {
  const usual = DEFAULT_CONFIG.cache;
  if (place.value === undefined || !isObjectOf(place, CACHE_KEYS)) return usual;
  const answers = oneOf(at(place, "answers"), CACHE_POLICIES);
  const hours = numberOr(usual.seconds / 3600, at(place, "hours"), { min: 0.001, max: 1e5 }, "hours, more than 0");
  const bytes = numberOr(
    usual.bytes / MEGABYTE,
    at(place, "megabytes"),
    { min: 1, max: 65_536 },
    "megabytes, 1 to 65536",
  );
  return { ...(answers && { answers }), seconds: hours * 3600, bytes: bytes * MEGABYTE };
}

const MEGABYTE = 1024 * 1024;

/** One of a few words; `undefined` where nothing is said. */
function oneOf<T extends string>(place: Place, known: readonly T[]): T | undefined {
  if (place.value === undefined) return undefined;
  return known.find((word) => word === place.value) ?? expected(place, known.map((word) => `"${word}"`).join(" or "));
}

function localModelOf(place: Place, dir: string): LocalModelConfig | undefined {
  if (typeof place.value === "string") {
    const path = ggufAt(place, dir);
    return path === undefined ? undefined : { path };
  }
  if (!isObjectOf(place, LOCAL_KEYS, "the path of a GGUF file")) return undefined;
  const path = ggufAt(at(place, "path"), dir);
  const length = at(place, "contextLength");
  const context_length =
    length.value === undefined
      ? undefined
      : numberAt(length, { min: 1, max: 1 << 24, integer: true }, "a whole number of tokens");
  const adapterPlace = at(place, "adapter");
  const adapter = adapterPlace.value === undefined ? undefined : ggufAt(adapterPlace, dir);
  if (path === undefined) return undefined;
  return { path, ...(context_length !== undefined && { context_length }), ...(adapter !== undefined && { adapter }) };
}

function ggufAt(place: Place, dir: string): string | undefined {
  const written = stringAt(place, "the path of a GGUF file");
  if (written === undefined) return undefined;
  const path = resolve(dir, written);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : report(place, `there is no file ${path}`);
}
