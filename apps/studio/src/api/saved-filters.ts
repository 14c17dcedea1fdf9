import type { SavedFilterList } from "@flywheel/protocol";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "./client.ts";
import { type Filter, parseFilter } from "./filter.ts";

/** A filter of the list of generations under a name of one's own. */
export interface NamedFilter {
  name: string;
  filter: Filter;
}

const filtersQuery = queryOptions({
  queryKey: ["filters"],
  queryFn: ({ signal }) => api<SavedFilterList>("/api/filters", { signal }),
  staleTime: 15_000,
});

const saveFilter = (filter: NamedFilter) =>
  api("/api/filters", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(filter),
  });

/** Who forgets one that is gone has what was wanted. */
const removeFilter = (name: string) =>
  api(`/api/filters/${encodeURIComponent(name)}`, { method: "DELETE" }).catch((error: { status?: number }) => {
    if (error.status !== 404) throw error;
  });

/** The filters saved on this server, by name. */
export function useSavedFilters() {
  const client = useQueryClient();
  const { data, isPending } = useQuery(filtersQuery);
  const saved = useMemo(
    () => (data?.data ?? []).map(({ name, filter }): NamedFilter => ({ name, filter: parseFilter(filter) })),
    [data],
  );
  const onSettled = () => client.invalidateQueries({ queryKey: filtersQuery.queryKey });
  const save = useMutation({ mutationFn: saveFilter, onSettled });
  const remove = useMutation({ mutationFn: removeFilter, onSettled });
  return {
    saved,
    isPending,
    /** One of the same name is replaced. Rejects where it could not be kept. */
    save: (filter: NamedFilter) => save.mutateAsync(filter),
    remove: (name: string) => remove.mutate(name),
    problem: save.error?.message ?? remove.error?.message ?? "",
  };
}

export const sameFilter = (a: Filter, b: Filter): boolean => canonical(a) === canonical(b);

/** Its parts in a fixed order. */
const canonical = ({ status, model, provider, key_id, search, range, from, to }: Filter): string =>
  JSON.stringify([status, model, provider, key_id, search, range, from, to]);
