import {
  GENERATION_STATUSES,
  type GenerationQuery,
  type GenerationStatus,
  type GenerationSummary,
} from "@flywheel/protocol";

/** Time ranges that end now, with their length in milliseconds. */
export const RANGES = {
  "15m": 15 * 60_000,
  "1h": 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 24 * 3_600_000,
  "30d": 30 * 24 * 3_600_000,
} as const;
export type Range = keyof typeof RANGES;

/** What the list shows, as the address bar holds it. `range` is relative to now, `from`/`to` are epoch milliseconds. */
export interface Filter {
  status?: GenerationStatus;
  model?: string;
  provider?: string;
  key_id?: string;
  search?: string;
  range?: Range;
  from?: number;
  to?: number;
}

/** Whatever stands in the address bar, as a filter: values that make no sense are dropped. */
export function parseFilter(search: Record<string, unknown>): Filter {
  const filter: Filter = {};
  const status = GENERATION_STATUSES.find((known) => known === search["status"]);
  if (status) filter.status = status;
  for (const name of ["model", "provider", "key_id", "search"] as const) {
    const value = search[name];
    // A search for digits alone comes out of the address bar as a number.
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text === "string" && text.trim() !== "") filter[name] = text.trim();
  }
  const range = search["range"];
  if (typeof range === "string" && Object.hasOwn(RANGES, range)) filter.range = range as Range;
  for (const name of ["from", "to"] as const) {
    const value = Number(search[name]);
    if (!filter.range && Number.isFinite(value) && value > 0) filter[name] = value;
  }
  return filter;
}

export function isEmpty(filter: Filter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** The filter in the words of `GET /api/generations`. */
export function toQuery({ range, ...filter }: Filter, now: number): GenerationQuery {
  return range ? { ...filter, from: now - RANGES[range] } : filter;
}

/** Whether a row that just came belongs in the list. Words can't be told from a summary: `undefined` = ask the server. */
export function matches(filter: Filter, row: GenerationSummary): boolean | undefined {
  const models = [row.request_model, row.provider_model, row.response_model];
  if (filter.status && row.status !== filter.status) return false;
  if (filter.provider && row.provider_name !== filter.provider) return false;
  if (filter.key_id && row.key_id !== filter.key_id) return false;
  if (filter.model && !models.includes(filter.model)) return false;
  if (filter.from && row.time < filter.from) return false;
  if (filter.to && row.time >= filter.to) return false;
  return filter.search ? undefined : true;
}
