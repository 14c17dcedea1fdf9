import type { DatasetCounts, DatasetRow } from "@flywheel/protocol";
import { largest } from "../largest.ts";
import { userOf } from "./split.ts";

type Known = Pick<DatasetCounts, "events" | "redactions" | "dropped">;

/** What is in a list of rows. */
export function countRows(rows: readonly DatasetRow[], known: Known): DatasetCounts {
  const counts: DatasetCounts = {
    rows: { example: 0, preference: 0, rating: 0 },
    splits: { train: 0, eval: 0, holdout: 0 },
    users: new Set(rows.map(({ lineage }) => userOf(lineage))).size,
    generations: new Set(rows.flatMap(({ lineage }) => lineage.generation_ids)).size,
    ...known,
    chosen_over_rejected: lengthRatio(rows),
    largest_user_share: largestShare(rows),
  };
  for (const { kind, split } of rows) {
    counts.rows[kind]++;
    counts.splits[split]++;
  }
  return counts;
}

function lengthRatio(rows: readonly DatasetRow[]): number | null {
  let [chosen, rejected] = [0, 0];
  for (const row of rows) {
    if (row.kind !== "preference") continue;
    chosen += row.chosen.length;
    rejected += row.rejected.length;
  }
  return rejected === 0 ? null : Math.round((chosen / rejected) * 1000) / 1000;
}

function largestShare(rows: readonly DatasetRow[]): number {
  const weights = new Map<string, number>();
  let total = 0;
  for (const { split, weight, lineage } of rows) {
    if (split !== "train") continue;
    total += weight;
    weights.set(userOf(lineage), (weights.get(userOf(lineage)) ?? 0) + weight);
  }
  return total === 0 ? 0 : Math.round((largest(weights.values()) / total) * 1e4) / 1e4;
}
