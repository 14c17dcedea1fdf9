import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Filter, isEmpty, parseFilter } from "../api/filter.ts";
import { generationsQuery } from "../api/generations.ts";
import { useLiveRows } from "../api/live.ts";
import { allRows } from "../api/rows.ts";
import { FilterBar } from "../components/logs/FilterBar.tsx";
import { MarkBar } from "../components/logs/MarkBar.tsx";
import { SavedFilters } from "../components/logs/SavedFilters.tsx";
import { LogSkeleton, LogTable } from "../components/logs/LogTable.tsx";
import { NoAnswer, NoRowsYet, NothingMatches, OlderFailed } from "../components/logs/NoRows.tsx";
import { Peek } from "../components/logs/Peek.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";

/** The state of this page, all of it in the address bar. */
export interface LogsSearch extends Filter {
  /** The generation beside the list. */
  peek?: string;
  /** Live tail is on unless this is `false`. */
  live?: false;
  /** Generations marked for comparison, two at most: their ids with a comma between. */
  marked?: string;
}

export function parseLogsSearch(search: Record<string, unknown>): LogsSearch {
  const parsed: LogsSearch = parseFilter(search);
  if (typeof search["peek"] === "string") parsed.peek = search["peek"];
  if (search["live"] === false) parsed.live = false;
  if (typeof search["marked"] === "string" && search["marked"] !== "") parsed.marked = search["marked"];
  return parsed;
}

const route = getRouteApi("/logs");

/** The list's rows for what the address bar says, kept new by the live tail. */
function useLogs({ peek: _peek, marked: _marked, live, ...filter }: LogsSearch) {
  const list = useInfiniteQuery(generationsQuery(filter));
  const tail = useLiveRows(filter, live !== false && list.data !== undefined);
  const rows = useMemo(() => allRows(list.data), [list.data]);
  const { fetchNextPage, isFetching } = list;
  const loadMore = useCallback(() => void (isFetching || fetchNextPage()), [isFetching, fetchNextPage]);
  return { filter, list, rows, tail, loadMore };
}

/** What one can do here; every step is a change of the address. */
function useLogsActions(search: LogsSearch, rows: { id: string }[]) {
  const navigate = useNavigate();
  const router = useRouter();
  const [cursor, setCursor] = useState(search.peek);
  const current = search.peek ?? cursor;
  /** The address as it is now, not as it was at the last render: keys may come faster. */
  const now = (): LogsSearch => parseLogsSearch(router.latestLocation.search);

  // From the address as it is then: typed filters come late.
  const go = (part: Partial<LogsSearch>, replace: boolean): void =>
    void navigate({ to: "/logs", search: (now) => ({ ...parseLogsSearch(now), ...part }), replace });
  const change = (part: Partial<LogsSearch>): void => go(part, true);
  const open = (id: string): void => {
    setCursor(id);
    go({ peek: id }, search.peek !== undefined);
  };
  const step = (by: 1 | -1): void => {
    const { peek } = now();
    const index = rows.findIndex((row) => row.id === (peek ?? cursor));
    const next = rows[index === -1 ? 0 : index + by];
    if (!next) return;
    if (peek) open(next.id);
    else setCursor(next.id);
  };
  const markedIn = ({ marked }: LogsSearch): string[] => marked?.split(",") ?? [];
  const setMarked = (ids: string[]): void => change({ marked: ids.join(",") || undefined });
  return {
    cursor: current,
    change,
    open,
    step,
    marked: markedIn(search),
    /** Of three, the two last marked stay. */
    toggleMark(id: string) {
      const marked = markedIn(now());
      setMarked(marked.includes(id) ? marked.filter((one) => one !== id) : [...marked, id].slice(-2));
    },
    unmark: () => setMarked([]),
    /** The marked two, or the marked one and the one the keyboard is on. */
    compare() {
      const [a, b = now().peek ?? cursor] = markedIn(now());
      if (a && b && a !== b) void navigate({ to: "/logs/compare", search: { a, b } });
    },
    choose: (filter: Filter) => void navigate({ to: "/logs", search: { ...filter, live: search.live } }),
    clear: () => void navigate({ to: "/logs", search: { live: search.live } }),
    openWhole: (id: string) => void navigate({ to: "/logs/$id", params: { id } }),
    close() {
      if (search.peek) change({ peek: undefined });
      else setCursor(undefined);
    },
    toggleLive: () => change({ live: search.live === false ? undefined : false }),
  };
}

export function LogsPage() {
  const search = route.useSearch();
  const { filter, list, rows, tail, loadMore } = useLogs(search);
  const actions = useLogsActions(search, rows);
  const searchInput = useRef<HTMLInputElement>(null);
  const savedSelect = useRef<HTMLSelectElement>(null);

  useEffect(() => {
    document.title = "Logs · Flywheel";
  }, []);
  useShortcuts({
    j: () => actions.step(1),
    k: () => actions.step(-1),
    ArrowDown: (event) => step(event, 1),
    ArrowUp: (event) => step(event, -1),
    Enter: () => actions.cursor && (search.peek ? actions.openWhole(actions.cursor) : actions.open(actions.cursor)),
    Escape: actions.close,
    l: actions.toggleLive,
    x: () => actions.cursor && actions.toggleMark(actions.cursor),
    v: actions.compare,
    f(event) {
      event.preventDefault(); // the letter would choose an option
      savedSelect.current?.focus();
    },
    "/": (event) => {
      event.preventDefault();
      searchInput.current?.focus();
    },
  });
  /** Arrows belong to the list while it has the focus; elsewhere they scroll. */
  const step = (event: KeyboardEvent, by: 1 | -1): void => {
    if (!(event.target instanceof Element) || !event.target.closest(".log-scroller")) return;
    event.preventDefault();
    actions.step(by);
  };

  return (
    <div className="page">
      <FilterBar
        filter={filter}
        onChange={actions.change}
        onClear={actions.clear}
        live={search.live === false ? "off" : tail.state}
        onLive={actions.toggleLive}
        searchInput={searchInput}
        saved={<SavedFilters filter={filter} onChoose={actions.choose} select={savedSelect} />}
      />
      <MarkBar marked={actions.marked} onCompare={actions.compare} onClear={actions.unmark} />
      <div className={list.isPlaceholderData ? "split stale" : "split"}>
        {list.isPending && !list.error && <LogSkeleton />}
        {list.error && rows.length === 0 && <NoAnswer error={list.error} onRetry={() => list.refetch()} />}
        {list.isSuccess &&
          rows.length === 0 &&
          (isEmpty(filter) ? <NoRowsYet /> : <NothingMatches onClear={actions.clear} />)}
        {rows.length > 0 && (
          <LogTable
            rows={rows}
            cursor={actions.cursor}
            marked={actions.marked}
            fresh={tail.fresh}
            more={list.hasNextPage && !list.isFetchNextPageError}
            onOpen={actions.open}
            onEnd={loadMore}
          />
        )}
        {list.isFetchNextPageError && <OlderFailed error={list.error} onRetry={loadMore} />}
        {search.peek && (
          <Peek
            id={search.peek}
            marked={actions.marked.includes(search.peek)}
            onMark={actions.toggleMark}
            onStep={actions.step}
            onClose={actions.close}
          />
        )}
      </div>
    </div>
  );
}
