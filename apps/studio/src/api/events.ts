import type { EventPage } from "@flywheel/protocol";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** How many are asked for; a generation has a handful. */
const LIMIT = 50;

/** What users did with one generation, newest first. They do it late, so it is asked again. */
export const eventsOfQuery = (generation: string) =>
  queryOptions({
    queryKey: ["events", generation],
    queryFn: ({ signal }) =>
      api<EventPage>(`/api/events?generation=${encodeURIComponent(generation)}&limit=${LIMIT}`, { signal }),
    refetchInterval: 5000,
  });
