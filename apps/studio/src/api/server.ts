import type { ModelList, ServerStatus } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** How the server is. Polled: its failure is how an idle page learns that the server is gone. */
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => api<ServerStatus>("/api/status", { signal }),
  refetchInterval: (query) => (query.state.status === "error" ? 2000 : 10_000),
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }) => api<ModelList>("/api/models", { signal }),
  staleTime: 60_000,
});

/** Where a client sends its calls: the API is on this page's own origin. */
export const apiBaseUrl = (): string => `${location.origin}/v1`;
