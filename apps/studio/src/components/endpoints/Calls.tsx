import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type EndpointCalls, endpointCallsQuery } from "../../api/endpoints.ts";
import { oneLine } from "../../text/escape.ts";
import { formatShare } from "../../text/figures.ts";
import { formatCost, formatCount, formatInstant, formatSeconds, formatTime } from "../../text/format.ts";
import { StatusMark } from "../generation/StatusMark.tsx";
import { NotLoaded } from "../shell/NotLoaded.tsx";
import { GridHead } from "../shell/GridHead.tsx";

/** Rows shown; the rest is in the logs. */
const SHOWN = 20;

/** The last calls of an endpoint, and how often each field of its answers was wrong. */
export function Calls({ name }: { name: string }) {
  const { data, error, refetch } = useQuery(endpointCallsQuery(name));
  if (!data && error) return <NotLoaded what="calls" error={error} onRetry={() => refetch()} />;
  if (!data) return <div className="skeleton" role="status" aria-label="Loading the calls" />;
  if (data.rows.length === 0)
    return (
      <div className="no-rows">
        <h2>No calls yet</h2>
        <p>
          Try it here, or call <code>POST /endpoints/{oneLine(name)}</code>; each call is a row of the logs, too.
        </p>
      </div>
    );
  return (
    <div className="endpoint-body">
      <Figures calls={data} />
      <section className="section" aria-label="Failures by field">
        <h2>Failures by field</h2>
        <Fields calls={data} />
      </section>
      <section className="section" aria-label="Recent calls">
        <header className="message-head">
          <h2>Recent calls</h2>
          <Link to="/logs" search={{ model: `endpoint/${name}` }}>
            All in the logs
          </Link>
        </header>
        <Rows rows={data.rows.slice(0, SHOWN)} />
      </section>
    </div>
  );
}

function Figures({ calls }: { calls: EndpointCalls }) {
  const total = calls.rows.length;
  const figures: [string, string][] = [
    ["Last calls", formatCount(total)],
    ["Repaired", formatShare(calls.repaired / total)],
    ["No valid answer", formatShare(calls.failed / total)],
    ["Other errors", formatShare(calls.rows.filter(({ status, error_code }) => status === "error" && error_code !== "output_invalid").length / total)], // prettier-ignore
  ];
  return (
    <dl className="figures">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Fields({ calls: { fields, rows } }: { calls: EndpointCalls }) {
  if (fields.length === 0) return <p className="note">No answer of these calls had to be refused.</p>;
  return (
    <div className="figure-scroller" tabIndex={0} role="group" aria-label="Failures by field">
      <table className="figure-grid">
        <GridHead columns={["Field", ["Refused answers", "number"], ["Per call", "number"], "The last time"]} />
        <tbody>
          {fields.map(({ path, count, example }) => (
            <tr key={path}>
              <th scope="row">
                <code>{oneLine(path) || "the whole answer"}</code>
              </th>
              <td className="number">{formatCount(count)}</td>
              <td className="number">{formatShare(count / rows.length)}</td>
              <td className="note">{oneLine(example)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rows({ rows }: { rows: EndpointCalls["rows"] }) {
  return (
    <div className="figure-scroller" tabIndex={0} role="group" aria-label="Recent calls">
      <table className="figure-grid calls">
        <GridHead
          columns={["Time", "Status", "Output", ["Attempts", "number"], ["Cost", "number"], ["Duration", "number"]]}
        />
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <Link to="/logs/$id" params={{ id: row.id }}>
                  <time title={formatInstant(row.time)}>{formatTime(row.time)}</time>
                </Link>
              </th>
              <td>
                <StatusMark row={row} />
              </td>
              <td className="call-output">
                <bdi>{oneLine(row.status === "error" ? row.error_message : row.output_preview)}</bdi>
              </td>
              <td className="number">{formatCount(row.attempts)}</td>
              <td className="number">{formatCost(row.cost_nano)}</td>
              <td className="number">{formatSeconds(row.duration)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
