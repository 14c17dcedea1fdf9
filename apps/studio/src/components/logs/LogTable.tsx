import type { GenerationSummary } from "@flywheel/protocol";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { LOG_COLUMNS } from "./columns.tsx";

/** Heights of a row in pixels: one line, or two where the list is narrow. The same stand in logs.css. */
const ROW_HEIGHT = 32;
const NARROW_ROW_HEIGHT = 56;
const NARROW = 640;

interface LogTableProps {
  rows: GenerationSummary[];
  /** The row the keyboard is on, by id. */
  cursor: string | undefined;
  /** Rows that just came: they are lit for a moment. */
  fresh: ReadonlySet<string>;
  /** Whether older rows can be loaded, with {@link onEnd}. */
  more: boolean;
  onOpen(id: string): void;
  onEnd(): void;
}

/** The virtualised list. Rows that come on top never move what is being read. */
export function LogTable({ rows, cursor, fresh, more, onOpen, onEnd }: LogTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(scroller);
  const rowHeight = narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]!.id,
    overscan: 12,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const { above, toTop } = useAnchor(scroller, rows, rowHeight, cursor !== undefined);

  const items = virtualizer.getVirtualItems();
  const nearEnd = (items.at(-1)?.index ?? 0) >= rows.length - 20;
  useEffect(() => {
    if (more && nearEnd) onEnd();
  }, [more, nearEnd, rows.length, onEnd]);

  const cursorIndex = cursor === undefined ? -1 : rows.findIndex((row) => row.id === cursor);
  const followed = useRef<string>(undefined);
  useEffect(() => {
    if (cursorIndex === -1 || followed.current === cursor) return;
    virtualizer.scrollToIndex(cursorIndex, { align: "auto" });
    followed.current = cursor;
  }, [cursor, cursorIndex, virtualizer]);

  return (
    <div className="logs" role="grid" aria-label="Generations" aria-rowcount={more ? -1 : rows.length + 1}>
      <div className="log-head" role="row" aria-rowindex={1}>
        {LOG_COLUMNS.map((column) => (
          <div key={column.id} role="columnheader" className={`col-${column.id}`}>
            {column.label}
          </div>
        ))}
      </div>
      {above > 0 && (
        <button type="button" className="above" onClick={toTop}>
          ↑ {above} new
        </button>
      )}
      <div ref={scroller} className="log-scroller" tabIndex={0} role="rowgroup" aria-label="Rows">
        <div className="log-rows" role="presentation" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]!;
            return (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={row.id === cursor}
                className={fresh.has(row.id) ? "log-row fresh" : "log-row"}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onOpen(row.id)}
              >
                {LOG_COLUMNS.map((column) => (
                  <div key={column.id} role="gridcell" className={`col-${column.id}`}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Rows to stand in for those on their way; they stay invisible for the first 200 ms. */
export function LogSkeleton() {
  return (
    <div className="skeleton" role="status" aria-label="Loading generations">
      {Array.from({ length: 16 }, (_, index) => (
        <div key={index} className="skeleton-row" />
      ))}
    </div>
  );
}

function useNarrow(element: RefObject<HTMLElement | null>): boolean {
  const [narrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setNarrow(entry!.contentRect.width < NARROW));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element]);
  return narrow;
}

/**
 * Keeps the first visible row where it is when rows come above it: always once scrolled down, and at the very top while
 * a row is being read (`held`). `above` counts the rows that came out of sight.
 */
function useAnchor(
  scroller: RefObject<HTMLElement | null>,
  rows: GenerationSummary[],
  rowHeight: number,
  held: boolean,
) {
  const anchor = useRef<{ id: string; index: number } | undefined>(undefined);
  const [above, setAbove] = useState(0);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const { id, index } = anchor.current ?? {};
    const now = id === undefined ? -1 : rows.findIndex((row) => row.id === id);
    const came = index === undefined || now === -1 ? 0 : now - index;
    if (came > 0 && (held || element.scrollTop > 0)) {
      element.scrollTop += came * rowHeight;
      setAbove((count) => count + came);
    }
    const note = (): void => {
      const first = Math.floor(element.scrollTop / rowHeight);
      const row = rows[first];
      anchor.current = row && { id: row.id, index: first };
      setAbove((count) => Math.min(count, first));
    };
    note();
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, [scroller, rows, rowHeight, held]);

  const toTop = (): void => scroller.current?.scrollTo({ top: 0 });
  return { above, toTop };
}
