import type { GenerationSummary } from "@flywheel/protocol";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Filter, matches } from "./filter.ts";
import { generationsQuery, refreshTop } from "./generations.ts";
import { addRows } from "./rows.ts";

export type LiveState = "off" | "connecting" | "live" | "lost";

/** How long a row counts as new, in milliseconds; as long as its highlight. */
const FRESH = 2000;
/** Rows that come together are added together; with a search the server is asked which match, so less often. */
const GATHER = 100;
const GATHER_SEARCH = 1000;
const REOPEN = 2000;

/**
 * Follows `GET /api/generations/live` and adds its rows to the list of `filter`. Whenever the stream opens, the newest
 * page is fetched too, so rows that came while it was closed are not missed. A hidden page lets go of its connection:
 * browsers allow six to one origin, and a page nobody sees should not hold one.
 */
export function useLiveRows(filter: Filter, on: boolean): { state: LiveState; fresh: ReadonlySet<string> } {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const key = JSON.stringify(filter);

  useEffect(() => {
    if (!on) return setState("connecting");
    const follower = follow({
      gather: filter.search ? GATHER_SEARCH : GATHER,
      onState: setState,
      onOpen: () => refreshTop(client, filter).catch(() => {}),
      onRows(rows) {
        const added = rows.filter((row) => matches(filter, row));
        if (rows.some((row) => matches(filter, row) === undefined)) refreshTop(client, filter).catch(() => {});
        if (added.length === 0) return;
        client.setQueryData(generationsQuery(filter).queryKey, (known) => known && addRows(known, added));
        setFresh(new Set(added.map((row) => row.id)));
      },
    });
    return follower.close;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` is the filter by value
  }, [client, key, on]);

  useEffect(() => {
    if (fresh.size === 0) return;
    const timer = setTimeout(() => setFresh(new Set()), FRESH);
    return () => clearTimeout(timer);
  }, [fresh]);

  return { state, fresh };
}

interface Follower {
  /** Milliseconds. */
  gather: number;
  onState(state: LiveState): void;
  onOpen(): void;
  onRows(rows: GenerationSummary[]): void;
}

/** Holds the event stream open while the page is visible, reopening it where the browser gives up. */
function follow({ gather, onState, onOpen, onRows }: Follower): { close(): void } {
  let source: EventSource | undefined;
  let gathered: GenerationSummary[] = [];
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let reopening: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    flushing = undefined;
    onRows(gathered.splice(0));
  };
  const open = (): void => {
    if (source || document.hidden) return;
    source = new EventSource("/api/generations/live");
    source.addEventListener("open", () => {
      onState("live");
      onOpen();
    });
    source.addEventListener("generation", (event: MessageEvent<string>) => {
      gathered.push(JSON.parse(event.data) as GenerationSummary);
      flushing ??= setTimeout(flush, gather);
    });
    source.addEventListener("error", () => {
      onState("lost");
      if (source?.readyState !== EventSource.CLOSED) return;
      shut();
      reopening = setTimeout(open, REOPEN);
    });
  };
  const shut = (): void => {
    clearTimeout(reopening);
    source?.close();
    source = undefined;
  };
  const onVisibility = (): void => (document.hidden ? shut() : open());

  onState("connecting");
  open();
  document.addEventListener("visibilitychange", onVisibility);
  return {
    close() {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(flushing);
      gathered = [];
      shut();
    },
  };
}
