import type { GenerationPage, PricedUsage, UsageGroup, UsageReport } from "@flywheel/protocol";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Bounds, boundsOf, type Period } from "../text/period.ts";
import { api } from "./client.ts";

/** Figures of a period beside those of the one before. */
export interface Usage {
  bounds: Bounds;
  report: UsageReport;
  before: UsageReport;
}

const REFETCH = 30_000;

/** A period's figures; one that ends now is asked for again every half minute. */
export function usageQuery(period: Period, by: UsageGroup) {
  return queryOptions({
    queryKey: ["usage", period, by],
    queryFn: async ({ signal }): Promise<Usage> => {
      const bounds = boundsOf(period, Date.now());
      const { from, to, step, before } = bounds;
      const [now, then] = await Promise.all([ask({ from, to, step, by }, signal), ask({ ...before, step }, signal)]);
      return { bounds, report: now, before: then };
    },
    placeholderData: keepPreviousData,
    refetchInterval: (query) => {
      if (query.state.status === "error" && !query.state.data) return 2000;
      return period.to === undefined ? REFETCH : false;
    },
  });
}

/** The same period's traffic at the prices of other models. */
export function pricedUsageQuery(period: Period) {
  return queryOptions({
    queryKey: ["usage", "priced", period],
    queryFn: ({ signal }) => {
      const { from, to } = boundsOf(period, Date.now());
      return api<PricedUsage>(`/api/usage/priced?from=${from}&to=${to}`, { signal });
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
  });
}

function ask(query: Record<string, string | number>, signal: AbortSignal): Promise<UsageReport> {
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  const parameters = new URLSearchParams({ zone });
  for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
  return api<UsageReport>(`/api/usage?${parameters}`, { signal });
}

/** Whether there is a generation of any time. */
export const anythingLoggedQuery = queryOptions({
  queryKey: ["anything-logged"],
  queryFn: async ({ signal }) => (await api<GenerationPage>("/api/generations?limit=1", { signal })).data.length > 0,
});
