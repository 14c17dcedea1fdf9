import { hash } from "node:crypto";
import type { Config, DialectId, ProviderConfig, ProviderInfo } from "@flywheel/protocol";
import { LOCAL_PROVIDER, PROVIDERS } from "./table.ts";
import type { AuthKind, ProviderRow, Quirk } from "./table.ts";

/** A provider ready to be called: where, how, and with which secret. Never logged, never serialised. */
export interface Provider {
  id: string;
  dialect: DialectId;
  /** Dialects it speaks besides. */
  also: readonly DialectId[];
  hosting: "remote" | "machine";
  /** `https://api.openai.com`; "" for `local`, whose address the supervisor knows. */
  origin: string;
  /** `/v1`, what goes before the dialect's path. */
  base_path: string;
  /** Name, value, name, value …: authentication and configured headers. */
  headers: readonly string[];
  /** `headers` with another key in place of ours; absent where calls carry none, or stay on this machine. */
  headersWith?(key: string): readonly string[];
  /** Tells addresses and keys apart without giving either away: a hash. */
  account: string;
  quirks: ReadonlySet<Quirk>;
  /** Models to list; others are still passed through. */
  models: readonly string[];
  /** Why a call would fail before it starts, and what to set; absent = callable. */
  unavailable?: string;
}

/** Which providers there are under one configuration and one environment. Immutable: a reload makes a new one. */
export interface ProviderSet {
  get(id: string): Provider | undefined;
  /** The provider whose row claims a bare model name such as `gpt-4o`. */
  claimant(model: string): Provider | undefined;
  /** What `GET /api/models` and `flywheel doctor` show. */
  list(): readonly ProviderInfo[];
  /** Environment variables that may hold a provider's key. */
  env(id: string): readonly string[];
  ids(): readonly string[];
}

/**
 * The live providers: the table, overlaid by the project's own.
 *
 * @param env variable → value; the caller decides which environment that is
 * @param found ids of servers on this machine that answered a probe (see `discover`)
 */
export function createProviderSet(
  config: Pick<Config, "providers" | "local">,
  env: Readonly<Record<string, string | undefined>>,
  found: ReadonlySet<string> = new Set(),
): ProviderSet {
  const rows = new Map(PROVIDERS.map((row) => [row.id, row]));
  const live = new Map<string, Provider>();
  for (const [id, changes] of Object.entries(config.providers)) rows.set(id, configuredRow(id, changes, rows.get(id)));
  for (const row of rows.values()) live.set(row.id, makeProvider(row, config, env));
  const info = [...live.values()].map((provider) => describe(provider, rows.get(provider.id)!, config, found));
  return {
    get: (id) => live.get(id),
    claimant: (model) => {
      for (const row of rows.values())
        if (row.claims.some((prefix) => model.startsWith(prefix))) return live.get(row.id);
      return undefined;
    },
    list: () => info,
    env: (id) => rows.get(id)?.env ?? [],
    ids: () => [...live.keys()],
  };
}

function configuredRow(id: string, changes: ProviderConfig, known: ProviderRow | undefined): ProviderRow {
  const dialect = changes.dialect ?? known?.dialect ?? "openai-chat";
  return {
    id,
    base_url: changes.base_url,
    dialect,
    also: known?.base_url === changes.base_url ? known.also : [],
    auth: changes.api_key_env === "" ? "none" : authOf(dialect, known),
    env: changes.api_key_env === "" ? [] : [changes.api_key_env],
    claims: known?.claims ?? [],
    hosting: known?.hosting ?? "remote",
    quirks: known?.quirks ?? [],
  };
}

/** A known provider's own way; for any other, the one its dialect came with. */
function authOf(dialect: DialectId, known: ProviderRow | undefined): AuthKind {
  if (known && known.dialect === dialect && known.auth !== "none") return known.auth;
  if (dialect === "anthropic-messages") return "x-api-key";
  return dialect === "gemini" ? "x-goog-api-key" : "bearer";
}

function makeProvider(
  row: ProviderRow,
  config: Pick<Config, "providers" | "local">,
  env: Readonly<Record<string, string | undefined>>,
): Provider {
  const configured = Object.hasOwn(config.providers, row.id) ? config.providers[row.id] : undefined;
  const key = row.env.map((name) => env[name]?.trim()).find((value) => value);
  const headersWith = (secret: string | undefined) => [
    ...authHeaders(row.auth, secret),
    ...Object.entries(configured?.headers ?? {}).flat(),
  ];
  const headers = headersWith(key);
  const missing: string[] = [];
  const address = splitBaseUrl(fill(row.base_url, env, missing));
  const unavailable = missing.length > 0 ? `set ${missing.join(" and ")}` : whyNot(row, key, headers, address);
  return {
    id: row.id,
    dialect: row.dialect,
    also: row.also,
    hosting: row.hosting,
    origin: address?.origin ?? "",
    base_path: address?.path ?? "",
    headers,
    account: hash("sha256", JSON.stringify([row.id, row.base_url, headers]), "base64url"),
    ...(row.auth !== "none" && row.hosting === "remote" && { headersWith }),
    quirks: new Set(row.quirks),
    models: row.id === LOCAL_PROVIDER ? localModels(config) : (configured?.models ?? []),
    ...(unavailable === undefined ? {} : { unavailable }),
  };
}

/** Names under `local/`: the bundled model and the configured files. */
export function localModels(config: Pick<Config, "local">): string[] {
  return [...new Set(["spark", ...Object.keys(config.local)])];
}

function authHeaders(auth: AuthKind, key: string | undefined): string[] {
  if (key === undefined || auth === "none") return [];
  return auth === "bearer" ? ["authorization", `Bearer ${key}`] : [auth, key];
}

/** Put the environment's values in a base URL; a value cannot bring a host of its own. */
function fill(base_url: string, env: Readonly<Record<string, string | undefined>>, missing: string[]): string {
  return base_url.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = env[name]?.trim();
    if (!value || !/^[\w-]+$/.test(value)) missing.push(name);
    return value ?? "";
  });
}

function splitBaseUrl(text: string): { origin: string; path: string } | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
}

function whyNot(
  row: ProviderRow,
  key: string | undefined,
  headers: readonly string[],
  address: object | undefined,
): string | undefined {
  if (row.id === LOCAL_PROVIDER) return undefined;
  if (!address) return `base_url ${JSON.stringify(row.base_url)} is not an http(s) address`;
  if (row.env.length > 0 && !key) return `set ${row.env.join(" or ")}`;
  // A key pasted with a line break would otherwise fail only at the first call, as an odd protocol error.
  if (headers.some((text) => /[^\t\x20-\x7e\x80-\xff]/.test(text)))
    return `${row.env[0] ?? "a header"} holds characters that cannot be sent`;
  return undefined;
}

function describe(
  provider: Provider,
  row: ProviderRow,
  config: Pick<Config, "providers">,
  found: ReadonlySet<string>,
): ProviderInfo {
  const base = { id: provider.id, base_url: row.base_url };
  if (provider.unavailable !== undefined) return { ...base, available: false, reason: provider.unavailable };
  const looked =
    provider.hosting === "machine" && provider.id !== LOCAL_PROVIDER && !Object.hasOwn(config.providers, provider.id);
  if (looked && !found.has(provider.id))
    return {
      ...base,
      available: false,
      reason: `no server found at ${provider.origin}; start it, or set providers.${provider.id}.base_url`,
    };
  return { ...base, available: true };
}
