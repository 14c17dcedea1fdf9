import type { SessionKey } from "@flywheel/protocol";
import { api } from "./client.ts";

/** A key this close to its end is not used any more, in milliseconds. */
const MARGIN = 60_000;

let current: Promise<SessionKey> | undefined;

/**
 * The key for calls from this page: an ordinary one that may call models, lent for an hour. It is kept in memory only.
 * @param renew ask for another even if there is one: it was refused
 */
export async function sessionKey(renew = false): Promise<string> {
  const known = renew ? undefined : await current?.catch(() => undefined);
  if (known && known.expires - Date.now() > MARGIN) return known.secret;
  current = api<SessionKey>("/api/session/key", { method: "POST" });
  return (await current).secret;
}
