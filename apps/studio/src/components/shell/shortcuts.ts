import { useEffect, useRef } from "react";

/** What each key does, for the help; pages bind them with {@link useShortcuts}. */
export const SHORTCUTS: [keys: string[], meaning: string][] = [
  [["⌘K", "Ctrl K"], "Go to a page, a model, a generation"],
  [["J", "K"], "Next and previous row, or chart"],
  [["Enter"], "Open beside the list; again for the whole page"],
  [["Esc"], "Close, or go back to the list"],
  [["/"], "Search"],
  [["L"], "Live tail on or off"],
  [["X", "V"], "Mark a generation; compare the two marked"],
  [["S", "F"], "Save the filters; choose saved ones"],
  [["C"], "Copy as curl"],
  [["P"], "Open the generation in the playground"],
  [["Ctrl ⏎"], "Run in the playground; Esc stops"],
  [["N", "R", "X"], "New key; rotate and revoke the chosen one"],
  [["1", "…", "4"], "Overview: hour, day, week, month"],
  [["T"], "Overview: charts as tables"],
  [["S"], "Overview: split charts by what B chooses"],
  [["B"], "Overview: by model, provider, key, cache"],
  [["P"], "Overview: the period before"],
  [["W"], "Overview: the same on another model"],
  [["?"], "This help"],
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
