import type { CreatedKey, CreateKey, KeyList, ListedKey } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => api<KeyList>("/api/keys", { signal }),
  refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
});

const post = <T>(path: string, body: object) =>
  api<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const createKey = (key: CreateKey) => post<CreatedKey>("/api/keys", key);
export const rotateKey = (id: string, grace_seconds: number) =>
  post<CreatedKey>(`/api/keys/${encodeURIComponent(id)}/rotate`, { grace_seconds });
export const revokeKey = (id: string) => api<ListedKey>(`/api/keys/${encodeURIComponent(id)}`, { method: "DELETE" });
