import type { Dataset, DatasetBuild, DatasetList, DatasetRowPage } from "@flywheel/protocol";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, post, untilLoaded } from "./client.ts";

const at = (name: string) => `/api/datasets/${encodeURIComponent(name)}`;

export const datasetsQuery = queryOptions({
  queryKey: ["datasets"],
  queryFn: ({ signal }) => api<DatasetList>("/api/datasets", { signal }),
  refetchInterval: 5000,
});

/** @param name `name`, `name@version` or id */
export const datasetQuery = (name: string) =>
  queryOptions({
    queryKey: ["dataset", name],
    queryFn: ({ signal }) => api<Dataset>(at(name), { signal }),
    refetchInterval: untilLoaded,
  });

const PAGE_SIZE = 50;

/** The rows of a dataset, which never change, from the first. */
export const datasetRowsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["dataset-rows", name],
    queryFn: ({ pageParam, signal }) =>
      api<DatasetRowPage>(`${at(name)}/rows?limit=${PAGE_SIZE}&offset=${pageParam}`, { signal }),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: untilLoaded,
  });

const POLL_MS = 300;

/** Builds a dataset and waits until it is there. Throws what the server says of one that came to nothing. */
export async function buildDataset(
  asked: Record<string, unknown>,
  onPhase: (build: DatasetBuild) => void,
): Promise<Dataset> {
  let build = await post<DatasetBuild>("/api/datasets", asked);
  while (build.state === "running") {
    onPhase(build);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    build = await api<DatasetBuild>(`/api/datasets/builds/${build.id}`);
  }
  if (build.dataset) return build.dataset;
  throw new Error(build.error?.message ?? "The dataset was not built.");
}
