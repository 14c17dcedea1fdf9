import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/**
 * Keeps the first visible row where it is when rows come above it: always once scrolled down, and at the very top while
 * a row is being read (`held`). `above` counts the rows that came out of sight.
 */
export function useAnchor(
  scroller: RefObject<HTMLElement | null>,
  rows: { id: string }[],
  rowHeight: number,
  held: boolean,
): { above: number; toTop(): void } {
  const anchor = useRef<{ id: string; index: number } | undefined>(undefined);
  const [above, setAbove] = useState(0);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const came = rowsAbove(rows, anchor.current);
    if (came > 0 && (held || element.scrollTop > 0)) {
      element.scrollTop += came * rowHeight;
      setAbove((count) => count + came);
    }
    const note = (): void => {
      const index = Math.floor(element.scrollTop / rowHeight);
      const row = rows[index];
      anchor.current = row && { id: row.id, index };
      setAbove((count) => Math.min(count, index));
    };
    note();
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, [scroller, rows, rowHeight, held]);

  return { above, toTop: () => scroller.current?.scrollTo({ top: 0 }) };
}

/** How many rows have come above the anchor since it was noted; 0 where it is gone. */
function rowsAbove(rows: { id: string }[], anchor: { id: string; index: number } | undefined): number {
  if (!anchor) return 0;
  const index = rows.findIndex((row) => row.id === anchor.id);
  return index === -1 ? 0 : index - anchor.index;
}
