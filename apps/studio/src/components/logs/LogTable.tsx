import type { GenerationSummary } from "@flywheel/protocol";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useAnchor } from "./anchor.ts";
import { LOG_COLUMNS } from "./columns.tsx";

/** Heights in pixels of the head and of a row: one line, or two where the list is narrow. The same stand in tokens.css. */
const ROW_HEIGHT = 32;
const NARROW_ROW_HEIGHT = 56;
const NARROW = 640;
/** Older rows are asked for this many rows before the end. */
const AHEAD = 20;

interface LogTableProps {
  rows: GenerationSummary[];
  /** The row the keyboard is on, by id. */
  cursor: string | undefined;
  /** Rows marked for comparison, by id. */
  marked: readonly string[];
  /** Rows that just came: they are lit for a moment. */
  fresh: ReadonlySet<string>;
  /** Whether older rows can be loaded, with {@link onEnd}. */
  more: boolean;
  onOpen(id: string): void;
  onEnd(): void;
}

/** The virtualised list. Rows that come on top never move what is being read. */
export function LogTable({ rows, cursor, marked, fresh, more, onOpen, onEnd }: LogTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(scroller);
  const rowHeight = narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]!.id,
    overscan: 12,
    scrollPaddingEnd: narrow ? 0 : ROW_HEIGHT,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  const { above, toTop } = useAnchor(scroller, rows, rowHeight, cursor !== undefined);

  const cursorIndex = cursor === undefined ? -1 : rows.findIndex((row) => row.id === cursor);
  const followed = useRef<string>(undefined);
  useEffect(() => {
    if (cursorIndex === -1 || followed.current === cursor) return;
    virtualizer.scrollToIndex(cursorIndex, { align: "auto" });
    followed.current = cursor;
  }, [cursor, cursorIndex, virtualizer]);

  const items = virtualizer.getVirtualItems();
  const nearEnd = (items.at(-1)?.index ?? 0) >= rows.length - AHEAD;
  useEffect(() => {
    if (more && nearEnd) onEnd();
  }, [more, nearEnd, rows.length, onEnd]);

  const isShown = items.some((item) => item.index === cursorIndex);
  return (
    <div className="logs">
      {above > 0 && (
        <button type="button" className="above" onClick={toTop}>
          ↑ {above} new
        </button>
      )}
      <div
        ref={scroller}
        className="log-scroller"
        tabIndex={0}
        role="grid"
        aria-label="Generations"
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-activedescendant={isShown ? cursor : undefined}
      >
        <LogHead />
        <div className="log-rows" role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
          {items.map(({ key, index, start }) => {
            const row = rows[index]!;
            return (
              <LogRow
                key={key}
                row={row}
                index={index}
                top={start}
                selected={index === cursorIndex}
                marked={marked.includes(row.id)}
                fresh={fresh.has(row.id)}
                onOpen={onOpen}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function LogHead() {
  return (
    <div className="log-head" role="row" aria-rowindex={1}>
      {LOG_COLUMNS.map((column) => (
        <div key={column.id} role="columnheader" className={`col-${column.id}`}>
          {column.label}
        </div>
      ))}
    </div>
  );
}

interface LogRowProps {
  row: GenerationSummary;
  index: number;
  top: number;
  selected: boolean;
  marked: boolean;
  fresh: boolean;
  onOpen(id: string): void;
}

function LogRow({ row, index, top, selected, marked, fresh, onOpen }: LogRowProps) {
  return (
    <div
      id={row.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={`log-row${fresh ? " fresh" : ""}${marked ? " marked" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(row.id)}
    >
      {LOG_COLUMNS.map((column) => (
        <div key={column.id} role="gridcell" className={`col-${column.id}`}>
          {marked && column.id === "time" && <span className="hidden">marked for comparison </span>}
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** Rows to stand in for those on their way; they stay invisible for the first 200 ms. */
export function LogSkeleton({ what = "generations" }: { what?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={`Loading ${what}`}>
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
