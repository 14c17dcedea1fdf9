import type { Promotion, PromotionList } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api, post, untilLoaded } from "./client.ts";

export const promotionsQuery = queryOptions({
  queryKey: ["promotions"],
  queryFn: ({ signal }) => api<PromotionList>("/api/promotions", { signal }),
  refetchInterval: 2000,
});

export const promotionQuery = (id: string) =>
  queryOptions({
    queryKey: ["promotion", id],
    queryFn: ({ signal }) => api<Promotion>(`/api/promotions/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: untilLoaded,
  });

export const rollBack = (route: string) => post<Promotion>(`/api/promotions/${encodeURIComponent(route)}/rollback`, {});
