import type { CreateKey, Key } from "@flywheel/protocol";

/**
 * What changes at run time: keys and settings. Two implementations are meant to pass one conformance suite;
 * SQLite is the first. Money, where it appears, is integer nano-dollars.
 */
export interface ControlStore {
  /** Every key, revoked ones included, oldest first. */
  listKeys(): Promise<Key[]>;
  /** Make a key. The secret is returned once and stored nowhere; only its SHA-256 is. */
  createKey(input: CreateKey): Promise<{ key: Key; secret: string }>;
  /** Make sure that a secret made elsewhere (the dev key) is a live key. */
  ensureKey(secret: string, input: CreateKey): Promise<Key>;
  /** Revoke at once. Throws `not_found` where there is no such key; revoking twice is fine. */
  revokeKey(id: string): Promise<Key>;
  getSetting(name: string): Promise<string | undefined>;
  setSetting(name: string, value: string): Promise<void>;
  close(): Promise<void>;
}
