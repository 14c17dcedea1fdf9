import type { GenerationDetail, GenerationPage } from "@flywheel/protocol";
import { infiniteQueryOptions, keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, ApiError } from "./client.ts";
import { type Filter, toQuery } from "./filter.ts";
import { catchUp } from "./rows.ts";

const PAGE_SIZE = 100;

/** The list. It is never refetched whole: {@link refreshTop} and live rows keep its top new. */
export function generationsQuery(filter: Filter) {
  return infiniteQueryOptions({
    queryKey: ["generations", filter],
    queryFn: ({ pageParam, signal }) => fetchPage(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: (query) => (query.state.status === "error" && !query.state.data ? 2000 : false),
  });
}

/** Fetches the newest page and merges it into the list. */
export async function refreshTop(client: QueryClient, filter: Filter, signal?: AbortSignal): Promise<void> {
  const newest = await fetchPage(filter, undefined, signal);
  client.setQueryData(generationsQuery(filter).queryKey, (rows) => catchUp(rows, newest));
}

function fetchPage(filter: Filter, before: string | undefined, signal?: AbortSignal): Promise<GenerationPage> {
  const parameters = new URLSearchParams({ limit: String(PAGE_SIZE) });
  for (const [name, value] of Object.entries({ ...toQuery(filter, Date.now()), before })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return api<GenerationPage>(`/api/generations?${parameters}`, { signal });
}

/** One generation, whole. Written once, so never stale; one that is not there yet is asked for again. */
export function generationQuery(id: string) {
  return queryOptions({
    queryKey: ["generation", id],
    queryFn: ({ signal }) => api<GenerationDetail>(`/api/generations/${encodeURIComponent(id)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: (query) => (query.state.error instanceof ApiError ? 2000 : false),
  });
}
