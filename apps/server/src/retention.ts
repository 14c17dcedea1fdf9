import type { LogStore } from "@flywheel/store/logs";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Once an hour, whole days past their keeping time are dropped from the log store. */
export function scheduleRetention(logs: LogStore, days: () => number): void {
  const sweep = () => {
    Promise.resolve()
      .then(() => logs.dropBefore(new Date(Date.now() - days() * DAY_MS)))
      .catch(() => {}); // The store may be away; the next hour will do.
  };
  setTimeout(sweep, 60_000).unref();
  setInterval(sweep, HOUR_MS).unref();
}
