import { useEffect, useRef } from "react";

export interface ShortcutGroup {
  title: string;
  keys: [keys: string[], meaning: string][];
}

/** What each key does, for the help; pages bind them with {@link useShortcuts}. */
export const SHORTCUTS: ShortcutGroup[] = [
  {
    title: "Everywhere",
    keys: [
      [["⌘K", "Ctrl K"], "Go to a page, a model, a generation"],
      [["J", "K"], "Next and previous row, or chart"],
      [["/"], "Search"],
      [["Esc"], "Close, or go back to the list"],
      [["?"], "This help"],
    ],
  },
  {
    title: "Overview",
    keys: [
      [["1", "…", "4"], "Hour, day, week, month"],
      [["B"], "By model, provider, key, cache"],
      [["S"], "Split the charts by that"],
      [["P"], "The period before"],
      [["T"], "Charts as tables"],
      [["W"], "The same on another model"],
    ],
  },
  {
    title: "Logs",
    keys: [
      [["Enter"], "Open beside the list; again for the page"],
      [["L"], "Live tail on or off"],
      [["X", "V"], "Mark a generation; compare two"],
      [["S", "F"], "Save the filters; choose saved ones"],
      [["C"], "Copy the generation as curl"],
      [["P"], "Open it in the playground"],
    ],
  },
  { title: "Playground", keys: [[["Ctrl ⏎"], "Run; Esc stops"]] },
  { title: "Endpoints", keys: [[["1", "…", "4"], "Try it, types, source, calls"]] },
  { title: "Datasets", keys: [[["N", "T"], "New dataset; tune a model on the open one"]] },
  { title: "Keys", keys: [[["N", "R", "X"], "New key; rotate, revoke the chosen one"]] },
];

/** Binds single keys on the whole page. They rest while a person types, holds a modifier, or has a dialog open. */
export function useShortcuts(bindings: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(bindings);
  latest.current = bindings;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(event)) return;
      latest.current[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function isBusy(event: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]")) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select")) return true;
  // Enter on a control is the control's.
  return event.key === "Enter" && Boolean(target?.closest("button, a, summary"));
}
