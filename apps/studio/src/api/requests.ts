import type { SavedRequest, SavedRequestList, SaveRequest } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Requests that were saved in the playground. */
export const requestsQuery = queryOptions({
  queryKey: ["requests"],
  queryFn: ({ signal }) => api<SavedRequestList>("/api/requests", { signal }),
});

export const saveRequest = (request: SaveRequest) =>
  api<SavedRequest>("/api/requests", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });

export const deleteRequest = (id: string) =>
  api<SavedRequest>(`/api/requests/${encodeURIComponent(id)}`, { method: "DELETE" });
