import type { ServerStatus } from "@flywheel/protocol";
import { openDataFolder, type RunFile, studioToken } from "@flywheel/server";
import { bad, type Check, type Finding, well } from "./finding.ts";

/** More than a healthy server leaves for a second. */
const LAGGING = 1000;
const PATIENCE_MS = 3000;
const WAITING =
  "Nothing is lost. If this does not get better, look at logstore.log in the data folder, and at memory and disk.";

/** What the running server says of itself. */
export const server: Check = async ({ api, place, running }) => {
  if (!running) return [];
  try {
    const { alarms, pending } = await (await api()).get<ServerStatus>("/api/status");
    const findings = alarms.map(({ code, message }) => bad(code, message, "See docs/guide/trouble.md."));
    const found = `${pending.toLocaleString("en-US")} generations wait to become rows`;
    const waiting = pending > LAGGING ? bad("write-ahead log", found, WAITING) : well("write-ahead log", found);
    return [...findings, waiting, await logStore(running, studioToken(openDataFolder(place.dataDir)))];
  } catch (error) {
    return [bad("server", (error as Error).message, "Look at what the server printed.")];
  }
};

/** Whether rows can be read now. A log store that hangs says nothing by itself, and rows wait behind it unseen. */
async function logStore({ control_url }: RunFile, token: string): Promise<Finding> {
  const started = performance.now();
  try {
    const response = await fetch(`${control_url}/api/generations?limit=1`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const body = (await response.json()) as { error?: { message: string } };
    if (!response.ok) throw new Error(body.error?.message ?? `it answered ${response.status}`);
    return well("log store", `answers in ${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === "TimeoutError";
    const found = isSlow ? `does not answer in ${PATIENCE_MS / 1000} s` : (error as Error).message;
    return bad("log store", found, `${WAITING} One that hangs is started again by itself within a minute.`);
  }
}
