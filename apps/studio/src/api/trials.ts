import type { Trial, TrialDetail, TrialList } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api, post } from "./client.ts";

export const trialsQuery = queryOptions({
  queryKey: ["trials"],
  queryFn: ({ signal }) => api<TrialList>("/api/trials", { signal }),
  refetchInterval: 2000,
});

export const trialQuery = (id: string) =>
  queryOptions({
    queryKey: ["trial", id],
    queryFn: ({ signal }) => api<TrialDetail>(`/api/trials/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.ended ? false : 2000),
  });

export const stopTrial = (id: string) => post<Trial>(`/api/trials/${encodeURIComponent(id)}/stop`, {});
