import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { datasetsQuery } from "../../api/datasets.ts";
import { evalRunsQuery } from "../../api/evals.ts";
import { isOver, jobsQuery } from "../../api/jobs.ts";
import { promotionsQuery } from "../../api/promotions.ts";
import { formatTime } from "../../text/format.ts";
import type { PaletteGroup } from "./items.tsx";

/** How many of each kind; its page has the others. */
const NEWEST = 12;
/** A list that is open for seconds needs no news. */
const once = { refetchInterval: false } as const;

export function useDatasets(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery({ ...datasetsQuery, ...once });
  const newest = (data?.data ?? []).toSorted((a, b) => b.created - a.created).slice(0, NEWEST);
  const items = newest.map(({ name, version, created }) => ({
    id: `dataset ${name}@${version}`,
    label: `${name}@${version}`,
    note: `dataset ${formatTime(created)}`,
    run: () => void navigate({ to: "/datasets/$name", params: { name: `${name}@${version}` } }),
  }));
  return { heading: "Datasets", items, isComing };
}

export function useJobs(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery({ ...jobsQuery, ...once });
  const items = (data?.data ?? []).slice(0, NEWEST).map((job) => ({
    id: `job ${job.id}`,
    label: job.candidate,
    note: `job ${isOver(job) ? job.status : "under way"} ${formatTime(job.created)}`,
    run: () => void navigate({ to: "/jobs/$id", params: { id: job.id } }),
  }));
  return { heading: "Jobs", items, isComing };
}

export function useEvalRuns(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery({ ...evalRunsQuery, ...once });
  const items = (data?.data ?? []).slice(0, NEWEST).map(({ id, name, model, created }) => ({
    id: `eval ${id}`,
    label: name,
    note: `evaluation of ${model} ${formatTime(created)}`,
    run: () => void navigate({ to: "/evals/$id", params: { id } }),
  }));
  return { heading: "Evals", items, isComing };
}

export function usePromotions(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery({ ...promotionsQuery, ...once });
  const items = (data?.data ?? []).slice(0, NEWEST).map(({ id, model, route, rollback_of, created }) => ({
    id: `promotion ${id}`,
    label: `${model} in front of ${route}`,
    note: `${rollback_of === null ? "promotion" : "rollback"} ${formatTime(created)}`,
    run: () => void navigate({ to: "/deployments/$id", params: { id } }),
  }));
  return { heading: "Deployments", items, isComing };
}
