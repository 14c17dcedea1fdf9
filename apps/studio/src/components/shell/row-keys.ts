import { useShortcuts } from "./shortcuts.ts";

/** J and K go through the rows of a list, whose links have these ids; Enter is the link's own. */
export function useRowKeys(ids: readonly string[]): void {
  const step = (by: 1 | -1): void => {
    const index = ids.indexOf(document.activeElement?.id ?? "");
    const next = ids[index === -1 ? 0 : index + by];
    if (next !== undefined) document.getElementById(next)?.focus();
  };
  useShortcuts({ j: () => step(1), k: () => step(-1) });
}
