import type { EndpointDetail, EndpointList, GenerationPage } from "@flywheel/protocol";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type FieldProblems, problemsByField } from "../text/typed-answer.ts";
import { api } from "./client.ts";
import { generationQuery } from "./generations.ts";

/** What is served and what is wrong with it. Asked for often: one edits a file and looks here. */
export const endpointsQuery = queryOptions({
  queryKey: ["endpoints"],
  queryFn: ({ signal }) => api<EndpointList>("/api/endpoints", { signal }),
  refetchInterval: 2000,
});

/** One endpoint with its source. @param state changes with every edit, good or not */
export function endpointQuery(name: string, state: string) {
  return queryOptions({
    queryKey: ["endpoint", name, state],
    queryFn: ({ signal }) => api<EndpointDetail>(`/api/endpoints/${encodeURIComponent(name)}`, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The last calls of an endpoint, and what was wrong with the answers it refused. */
export interface EndpointCalls {
  rows: GenerationPage["data"];
  /** Calls of which the last answer was refused. */
  failed: number;
  /** Calls that were answered after a repair, or by another. */
  repaired: number;
  fields: FieldProblems[];
}

const RECENT = 100;
const REFUSED = "output_invalid";

export function endpointCallsQuery(name: string) {
  return queryOptions({
    queryKey: ["endpoint-calls", name],
    async queryFn({ client, signal }): Promise<EndpointCalls> {
      const parameters = new URLSearchParams({ model: `endpoint/${name}`, limit: String(RECENT) });
      const { data: rows } = await api<GenerationPage>(`/api/generations?${parameters}`, { signal });
      const refused = rows.filter((row) => row.attempts > 1 || row.error_code === REFUSED);
      // Written once: each is asked for once.
      const details = await Promise.all(refused.map(({ id }) => client.fetchQuery(generationQuery(id))));
      const messages = details.flatMap(({ attempt_list }) =>
        attempt_list.filter(({ error }) => error === REFUSED).map(({ message }) => message ?? ""),
      );
      return {
        rows,
        failed: rows.filter((row) => row.error_code === REFUSED).length,
        repaired: details.filter(
          ({ status, attempt_list }) => status === "ok" && attempt_list.some(({ error }) => error === REFUSED),
        ).length,
        fields: problemsByField(messages),
      };
    },
    refetchInterval: 5000,
  });
}
