import { createHash } from "node:crypto";
import type { Lineage, Split } from "@flywheel/protocol";

/** Who is split and counted: the end user; where nobody is named, everyone who asked once. */
export const userOf = ({ user_id, generation_ids }: Lineage): string =>
  user_id || `generation:${generation_ids[0] ?? ""}`;

/**
 * Which split everything of a user belongs to. It depends on the user alone, so that who is held out is held out of
 * every dataset and every version; with larger shares, users only move out of `train`.
 */
export function splitOf(user: string, evalShare: number, holdoutShare: number): Split {
  const place = createHash("sha256").update(`flywheel split\n${user}`).digest().readUInt32BE(0) / 2 ** 32;
  if (place < holdoutShare) return "holdout";
  return place >= 1 - evalShare ? "eval" : "train";
}
