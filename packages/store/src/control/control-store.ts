import type {
  CreateKey,
  Dataset,
  Key,
  Promotion,
  SavedFilter,
  SavedRequest,
  SaveFilter,
  SaveRequest,
  Trial,
  TrialEnding,
  TrialPlan,
} from "@flywheel/protocol";

/**
 * What changes at run time: keys, settings, saved requests and filters. Two implementations are meant to pass one conformance suite;
 * SQLite is the first. Money, where it appears, is integer nano-dollars.
 */
export interface ControlStore {
  /** Every key, revoked ones included, oldest first. */
  listKeys(): Promise<Key[]>;
  /** Make a key. The secret is returned once and stored nowhere; only its SHA-256 is. */
  createKey(input: CreateKey): Promise<{ key: Key; secret: string }>;
  /** The key of a secret made elsewhere (the dev key), be it the current or the one before; made where there is none. */
  ensureKey(secret: string, input: CreateKey): Promise<Key>;
  /**
   * Give a key a new secret. The one before works for `graceMs` more; one before that does not. `expires` is left as it is
   * where it is not given. Throws `not_found`, and `conflict` where the key is revoked or expired.
   */
  rotateKey(id: string, change: { graceMs: number; expires?: number }): Promise<{ key: Key; secret: string }>;
  /** Revoke at once. Throws `not_found` where there is no such key; revoking twice is fine. */
  revokeKey(id: string): Promise<Key>;
  getSetting(name: string): Promise<string | undefined>;
  setSetting(name: string, value: string): Promise<void>;
  /** Last changed first. */
  listRequests(): Promise<SavedRequest[]>;
  /** Keep a request; one with an `id` replaces what stands there. Throws `not_found` where nothing does. */
  saveRequest(input: SaveRequest): Promise<SavedRequest>;
  /** Throws `not_found`. */
  deleteRequest(id: string): Promise<SavedRequest>;
  /** By name. */
  listFilters(): Promise<SavedFilter[]>;
  /** Keep a filter; one of the same name is replaced. */
  saveFilter(input: SaveFilter): Promise<SavedFilter>;
  /** Throws `not_found`. */
  deleteFilter(name: string): Promise<SavedFilter>;
  /** Every version of every dataset, newest first. */
  listDatasets(): Promise<Dataset[]>;
  /** The next version under its name; where the latest one has the same id, that one. */
  addDataset(made: Omit<Dataset, "version">): Promise<{ dataset: Dataset; fresh: boolean }>;
  /** Oldest first. */
  listPromotions(): Promise<Promotion[]>;
  addPromotion(made: Omit<Promotion, "id" | "created">): Promise<Promotion>;
  /** Oldest first. */
  listTrials(): Promise<Trial[]>;
  /** Begin a trial. Throws `conflict` where one runs on the route. */
  addTrial(plan: TrialPlan): Promise<Trial>;
  /** End a trial once and for all, with its promotion where it leads to one. Throws `not_found`, `conflict` where it has ended. */
  endTrial(id: string, ending: TrialEnding): Promise<Trial>;
  close(): Promise<void>;
}
