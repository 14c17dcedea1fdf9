import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { GenerationPage } from "@flywheel/protocol";
import { api } from "../../api/client.ts";
import { requestsQuery } from "../../api/requests.ts";
import { useSavedFilters } from "../../api/saved-filters.ts";
import { modelsQuery } from "../../api/server.ts";
import { logOut } from "../../api/session.ts";
import { formatTime } from "../../text/format.ts";
import { NAV } from "../shell/nav.ts";
import { THEMES, useTheme } from "../shell/theme.ts";
import { useDatasets, useEvalRuns, useJobs, usePromotions } from "./wheel-items.ts";

export interface PaletteItem {
  id: string;
  label: string;
  note?: string;
  run(): void;
}

export interface PaletteGroup {
  heading: string;
  items: PaletteItem[];
  /** The server was asked for them, and has not answered yet. */
  isComing?: boolean;
}

const RECENT = 12;

/** What can be gone to and done, group by group; and whether there may be more in a moment. */
export function usePaletteItems({ onHelp }: { onHelp: () => void }): { groups: PaletteGroup[]; isComing: boolean } {
  const groups = [
    usePages(),
    useActions(onHelp),
    useModels(),
    useFilters(),
    useSavedRequests(),
    useDatasets(),
    useJobs(),
    useEvalRuns(),
    usePromotions(),
    useRecent(),
  ];
  return { groups: groups.filter(({ items }) => items.length > 0), isComing: groups.some(({ isComing }) => isComing) };
}

/** Whatever has no name here may stand in the logs. */
export function useSearchItem(typed: string): PaletteItem | undefined {
  const navigate = useNavigate();
  if (typed === "") return undefined;
  const run = () => void navigate({ to: "/logs", search: { search: typed } });
  return { id: "search the logs", label: `Search the logs for “${typed}”`, run };
}

function usePages(): PaletteGroup {
  const navigate = useNavigate();
  const items = NAV.map(({ to, label }) => ({ id: `page ${to}`, label, run: () => void navigate({ to }) }));
  return { heading: "Pages", items };
}

function useActions(onHelp: () => void): PaletteGroup {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [theme, setTheme] = useTheme();
  return {
    heading: "Actions",
    items: [
      { id: "new key", label: "New key", run: () => void navigate({ to: "/keys", search: { new: true } }) },
      {
        id: "new dataset",
        label: "New dataset",
        run: () => void navigate({ to: "/datasets", search: { new: true } }),
      },
      {
        id: "failed",
        label: "Show what failed",
        run: () => void navigate({ to: "/logs", search: { status: "error" } }),
      },
      ...THEMES.filter((name) => name !== theme).map((name) => ({
        id: `theme ${name}`,
        label: `Theme: ${name}`,
        run: () => setTheme(name),
      })),
      { id: "keyboard", label: "Keyboard help", note: "?", run: onHelp },
      { id: "log out", label: "Log out", run: () => void logOut(client) },
    ],
  };
}

function useModels(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery(modelsQuery);
  const items = (data?.data ?? []).map(({ id, kind }) => ({
    id: `model ${id}`,
    label: id,
    note: { route: "route, in the playground", model: "in the playground", endpoint: "endpoint" }[kind],
    run: () =>
      kind === "endpoint"
        ? void navigate({ to: "/endpoints", search: { endpoint: id.slice("endpoint/".length) } })
        : void navigate({ to: "/playground", search: { models: id } }),
  }));
  const providers = (data?.providers ?? []).map(({ id, available }) => ({
    id: `provider ${id}`,
    label: id,
    note: available ? "provider" : "provider, not available",
    run: () => void navigate({ to: "/models", search: { provider: id } }),
  }));
  return { heading: "Models", items: [...items, ...providers], isComing };
}

function useFilters(): PaletteGroup {
  const navigate = useNavigate();
  const { saved, isPending: isComing } = useSavedFilters();
  const items = saved.map(({ name, filter }) => ({
    id: `filter ${name}`,
    label: name,
    note: "saved filter",
    run: () => void navigate({ to: "/logs", search: filter }),
  }));
  return { heading: "Saved filters", items, isComing };
}

function useSavedRequests(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery(requestsQuery);
  const items = (data?.data ?? []).map(({ id, name }) => ({
    id: `request ${id}`,
    label: name,
    note: "saved request",
    run: () => void navigate({ to: "/playground", search: { request: id } }),
  }));
  return { heading: "Saved requests", items, isComing };
}

function useRecent(): PaletteGroup {
  const navigate = useNavigate();
  const { data, isPending: isComing } = useQuery({
    queryKey: ["recent"],
    queryFn: ({ signal }) => api<GenerationPage>(`/api/generations?limit=${RECENT}`, { signal }),
  });
  const items = (data?.data ?? []).map(({ id, time, input_preview, request_model }) => ({
    id: `generation ${id}`,
    label: input_preview || id,
    note: `${request_model} ${formatTime(time)}`,
    run: () => void navigate({ to: "/logs/$id", params: { id } }),
  }));
  return { heading: "Recent generations", items, isComing };
}
