/** An API key as the gateway knows it. The secret itself is never stored, only its SHA-256. */
export interface Key {
  id: string;
  /** Hex SHA-256 of the whole secret. */
  hash: string;
  /** Shown in lists: the first characters, e.g. `fw_dev_7Qm4`. */
  prefix: string;
  name: string;
  project: string;
  environment: string;
  /** `inference` may call models and send events; `admin` may also use the control API; `events` may only send events. */
  scopes: KeyScope[];
  /** The model names it may call, `*` standing for any characters; empty = all. */
  models: string[];
  /** The web origins whose pages may use it, `*` = any; empty = no page of another origin may. */
  origins: string[];
  /** Epoch milliseconds. */
  created: number;
  /** When it stops working by itself. */
  expires: number | null;
  /** When it last got a new secret. */
  rotated: number | null;
  /** The secret before that, which works until `previous_expires`. */
  previous_hash: string | null;
  previous_expires: number | null;
  revoked: number | null;
}

/** What holds of a key of which nothing special was said: it may call every model, for ever. */
export const PLAIN_KEY = {
  scopes: ["inference"],
  models: [],
  origins: [],
  created: 0,
  expires: null,
  rotated: null,
  previous_hash: null,
  previous_expires: null,
  revoked: null,
} satisfies Partial<Key>;

/** A key as lists show it. */
export type ListedKey = Omit<Key, "hash" | "previous_hash">;

export const KEY_SCOPES = ["inference", "admin", "events"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** Whether a key is publishable: good for sending events and nothing else, so that it may stand in a page. */
export const isPublishable = (scopes: readonly KeyScope[]): boolean => scopes.every((scope) => scope === "events");

/** Find a live key by the hex SHA-256 of its secret. Synchronous: answered from memory. */
export type ResolveKey = (hash: string) => Key | undefined;
