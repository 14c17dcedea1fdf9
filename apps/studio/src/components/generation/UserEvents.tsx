import type { EventRow, Signal } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { eventsOfQuery } from "../../api/events.ts";
import { oneLine } from "../../text/escape.ts";
import { formatTime } from "../../text/format.ts";
import { SafeText } from "../text/SafeText.tsx";

/** What users did with a generation, and what each of it means for training. */
export function UserEvents({ generation }: { generation: string }) {
  const { data, error } = useQuery(eventsOfQuery(generation));
  if (error && !data) return <p className="note">What users did could not be loaded: {error.message}</p>;
  if (!data) return <p className="note">…</p>;
  if (data.data.length === 0) return <p className="note">Nobody has said anything about this answer.</p>;
  return (
    <>
      <table className="facts">
        <tbody>
          {data.data.map((event) => (
            <Event key={event.id} event={event} />
          ))}
        </tbody>
      </table>
      {data.next && <p className="note">The last {data.data.length} of more.</p>}
    </>
  );
}

function Event({ event: { name, signals, user_id, time, consent } }: { event: EventRow }) {
  const who = [user_id, formatTime(time), consent === "denied" ? "not for training" : ""];
  return (
    <tr>
      <th scope="row">{oneLine(name)}</th>
      <td>
        {signals.map((signal) => (
          <div key={signal.type}>{meaning(signal)}</div>
        ))}
        <span className="note">{oneLine(who.filter(Boolean).join(" · "))}</span>
      </td>
    </tr>
  );
}

function meaning(signal: Signal): ReactNode {
  if (signal.type === "reward") return `reward ${signal.value > 0 ? "+" : ""}${signal.value}`.replace("-", "−");
  if (signal.type === "label") return oneLine(`label ${JSON.stringify(signal.labels)}`);
  if (signal.type === "demonstration") return <SafeText text={signal.text} />;
  return (
    <>
      rather than{" "}
      <Link to="/logs/$id" params={{ id: signal.over }}>
        …{oneLine(signal.over.slice(-6))}
      </Link>
    </>
  );
}
