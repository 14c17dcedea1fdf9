import type { ListedKey } from "@flywheel/protocol";
import { formatMoment } from "../../text/format.ts";

export type KeyState = "live" | "expired" | "revoked";

export function stateOf({ revoked, expires }: ListedKey, now: number = Date.now()): KeyState {
  if (revoked !== null) return "revoked";
  return expires !== null && expires <= now ? "expired" : "live";
}

/** What else there is to say of its state: until when, and of the secret before. */
export function stateNotes(key: ListedKey, now: number = Date.now()): string[] {
  if (key.revoked !== null) return [formatMoment(key.revoked, now)];
  const notes =
    key.expires === null ? [] : [`${key.expires <= now ? "since" : "until"} ${formatMoment(key.expires, now)}`];
  if (key.previous_expires !== null && key.previous_expires > now)
    notes.push(`old secret until ${formatMoment(key.previous_expires, now)}`);
  return notes;
}
