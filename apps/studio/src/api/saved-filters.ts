import { useSyncExternalStore } from "react";
import { type Filter, parseFilter } from "./filter.ts";

/** A filter of the list of generations under a name of one's own. */
export interface SavedFilter {
  name: string;
  filter: Filter;
}

const KEY = "flywheel-filters";
const MOST = 50;

/** The filters saved in this browser, by name. To send one to a colleague, its address is enough. */
export function useSavedFilters() {
  const text = useSyncExternalStore(follow, () => localStorage.getItem(KEY) ?? "");
  const saved = readSaved(text);
  const keep = (filters: SavedFilter[]): void => {
    localStorage.setItem(KEY, JSON.stringify(filters.slice(-MOST)));
    // Browsers tell only other tabs.
    dispatchEvent(new StorageEvent("storage", { key: KEY }));
  };
  const others = (name: string): SavedFilter[] => saved.filter((one) => one.name !== name);
  return {
    saved,
    /** One of the same name is replaced. */
    save: (name: string, filter: Filter) => keep([...others(name), { name, filter }]),
    remove: (name: string) => keep(others(name)),
  };
}

function follow(onChange: () => void): () => void {
  addEventListener("storage", onChange);
  return () => removeEventListener("storage", onChange);
}

/** What stands in local storage, which anyone may have written: what makes no sense is dropped. */
export function readSaved(text: string): SavedFilter[] {
  try {
    const list = JSON.parse(text) as unknown;
    if (!Array.isArray(list)) return [];
    return list
      .flatMap((one: Partial<Record<keyof SavedFilter, unknown>> | null): SavedFilter[] => {
        if (typeof one?.name !== "string" || typeof one.filter !== "object" || one.filter === null) return [];
        return [{ name: one.name.slice(0, 100), filter: parseFilter(one.filter as Record<string, unknown>) }];
      })
      .toSorted((a, b) => a.name.localeCompare(b.name));
  } catch {
    return [];
  }
}

export const sameFilter = (a: Filter, b: Filter): boolean => canonical(a) === canonical(b);

/** Its parts in a fixed order. */
const canonical = ({ status, model, provider, key_id, search, range, from, to }: Filter): string =>
  JSON.stringify([status, model, provider, key_id, search, range, from, to]);
