/** The most that one insert carries: see `LogStore.insert`. A row's texts are up to twice its raw bytes. */
export const MAX_ROWS = 500;
export const MAX_RAW_BYTES = 8 << 20;

/**
 * Which records an insert is made of: the `end`s of a segment from the one at byte `first` to the one at byte `last`, or
 * those of its `begin`s that a dead writer left `interrupted`. Segments only grow, so a plan always means the same rows.
 */
export interface Plan {
  /** Name of the segment. */
  segment: string;
  kind: "ends" | "interrupted";
  first: number;
  last: number;
}

/** What the log store knows an insert by: no two plans ever share it, and a plan never changes. */
export function tokenOf({ segment, kind, first, last }: Plan): string {
  return `${segment}:${first}-${last}${kind === "interrupted" ? ":interrupted" : ""}`;
}
