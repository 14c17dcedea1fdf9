import { setImmediate as breathe } from "node:timers/promises";
import type { DatasetCounts, DatasetRow } from "@flywheel/protocol";
import { largest } from "../largest.ts";
import { userOf } from "./split.ts";

type Known = Pick<DatasetCounts, "events" | "redactions" | "dropped">;

/** Rows between two breaths: others wait for this process, too. */
const PIECE = 10_000;

/** What is in a list of rows. */
export async function countRows(rows: readonly DatasetRow[], known: Known): Promise<DatasetCounts> {
  const kinds = { example: 0, preference: 0, rating: 0 };
  const splits = { train: 0, eval: 0, holdout: 0 };
  /** What each user weighs of `train`. */
  const weights = new Map<string, number>();
  const generations = new Set<string>();
  let [chosen, rejected, trained] = [0, 0, 0];
  for (const [index, row] of rows.entries()) {
    const { kind, split, lineage } = row;
    kinds[kind]++;
    splits[split]++;
    const weight = split === "train" ? row.weight : 0;
    const user = userOf(lineage);
    weights.set(user, (weights.get(user) ?? 0) + weight);
    trained += weight;
    for (const id of lineage.generation_ids) generations.add(id);
    if (row.kind === "preference") {
      chosen += row.chosen.length;
      rejected += row.rejected.length;
    }
    if (index % PIECE === PIECE - 1) await breathe();
  }
  return {
    rows: kinds,
    splits,
    users: weights.size,
    generations: generations.size,
    ...known,
    chosen_over_rejected: rejected === 0 ? null : rounded(chosen / rejected, 3),
    largest_user_share: trained === 0 ? 0 : rounded(largest(weights.values()) / trained, 4),
  };
}

const rounded = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;
