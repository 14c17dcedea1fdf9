import type { EvalRunDetail, EvalRunList } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api, untilLoaded } from "./client.ts";

export const evalRunsQuery = queryOptions({
  queryKey: ["evals"],
  queryFn: ({ signal }) => api<EvalRunList>("/api/evals", { signal }),
  refetchInterval: 5000,
});

/** A run with its scores; what is over never changes. */
export const evalRunQuery = (id: string) =>
  queryOptions({
    queryKey: ["eval", id],
    queryFn: ({ signal }) => api<EvalRunDetail>(`/api/evals/${encodeURIComponent(id)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: untilLoaded,
  });
