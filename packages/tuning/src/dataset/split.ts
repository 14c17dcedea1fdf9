import { createHash } from "node:crypto";
import type { Lineage, Split } from "@flywheel/protocol";

/** Who is split and counted: the end user; where nobody is named, everyone who asked once. */
export const userOf = ({ user_id, generation_ids }: Lineage): string =>
  user_id || `generation:${generation_ids[0] ?? ""}`;

/** Where everything of a user lies from 0 to 1, the same always; another for every purpose. */
export const placeOf = (purpose: string, user: string): number =>
  createHash("sha256").update(`flywheel ${purpose}\n${user}`).digest().readUInt32BE(0) / 2 ** 32;

/**
 * Which split everything of a user belongs to. It depends on the user alone, so that who is held out is held out of
 * every dataset and every version; with larger shares, users only move out of `train`.
 */
export function splitOf(user: string, evalShare: number, holdoutShare: number): Split {
  const place = placeOf("split", user);
  if (place < holdoutShare) return "holdout";
  return place >= 1 - evalShare ? "eval" : "train";
}
