import type { ProviderList } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Every provider with its models. Servers on this machine are looked for anew each time. */
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) => api<ProviderList>("/api/providers", { signal }),
  staleTime: 15_000,
  refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
});
