import type { Alarm } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { statusQuery } from "../../api/server.ts";
import { formatInstant, formatTime } from "../../text/format.ts";
import { SafeText } from "../text/SafeText.tsx";

/** Whether an alarm waits for a person, or passes by itself. */
const NEEDS_PERSON: Record<Alarm["code"], boolean> = {
  rejected_rows: true,
  disk_full: true,
  config_invalid: true,
  store_unavailable: false,
};

/** What the server has to say on every page: that it's gone, or its alarms. Nothing when all is well. */
export function ServerBanner() {
  const { data, error, isFetching, refetch } = useQuery(statusQuery);
  const alarms = data?.alarms ?? [];
  if (!error && alarms.length === 0) return null;
  return (
    <div className="banners" role="status">
      {error && (
        <div className="banner">
          <span>{error.message} Trying again; what is on the page stays.</span>
          <button type="button" className="button" disabled={isFetching} onClick={() => refetch()}>
            Retry now
          </button>
        </div>
      )}
      {alarms.map((alarm) => (
        <div key={alarm.code} className={NEEDS_PERSON[alarm.code] ? "banner urgent" : "banner"}>
          <SafeText text={alarm.message} />
          <time dateTime={new Date(alarm.since).toISOString()} title={formatInstant(alarm.since)}>
            since {formatTime(alarm.since)}
          </time>
        </div>
      ))}
    </div>
  );
}
