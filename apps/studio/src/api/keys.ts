import type { CreatedKey, CreateKey, KeyList, ListedKey, UsageGroupFigures, UsageReport } from "@flywheel/protocol";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, post } from "./client.ts";

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => api<KeyList>("/api/keys", { signal }),
  refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
});

/** What people call a key, by its id; one that is not known is its id. Not asked for unless `wanted`. */
export function useKeyNames(wanted = true): (id: string) => string {
  const { data } = useQuery({ ...keysQuery, enabled: wanted });
  return useMemo(() => {
    const names = new Map(data?.data.map(({ id, name }) => [id, name]));
    return (id) => names.get(id) ?? id;
  }, [data]);
}

const PERIOD = 30 * 86_400_000;
const MINUTE = 60_000;

/** What each key was used for in the last thirty days, by its id. */
export const keyUsageQuery = queryOptions({
  queryKey: ["key-usage"],
  queryFn: async ({ signal }): Promise<ReadonlyMap<string, UsageGroupFigures>> => {
    const to = Date.now();
    const parameters = new URLSearchParams({ by: "key", step: "day", from: String(to - PERIOD), to: String(to) });
    const { groups } = await api<UsageReport>(`/api/usage?${parameters}`, { signal });
    return new Map(groups.map((group) => [group.name, group]));
  },
  refetchInterval: MINUTE,
});

export const createKey = (key: CreateKey) => post<CreatedKey>("/api/keys", key);
export const rotateKey = (id: string, grace_seconds: number) =>
  post<CreatedKey>(`/api/keys/${encodeURIComponent(id)}/rotate`, { grace_seconds });
export const revokeKey = (id: string) => api<ListedKey>(`/api/keys/${encodeURIComponent(id)}`, { method: "DELETE" });
