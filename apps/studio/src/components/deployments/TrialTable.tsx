import type { Trial } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { oneLine } from "../../text/escape.ts";
import { formatTime } from "../../text/format.ts";
import { formatPercent } from "../../text/interval.ts";
import { GridHead } from "../shell/GridHead.tsx";

/** Candidates that users decided about, or are deciding about. */
export function TrialTable({ trials }: { trials: readonly Trial[] }) {
  return (
    <section className="titled-grid" aria-labelledby="trials">
      <h2 id="trials">Trials</h2>
      <table className="grid">
        <GridHead columns={["Begun", "Route", "Candidate", ["Against", "wide"], ["Of", "wide"], "State"]} />
        <tbody>
          {trials.map(({ id, created, route, candidate, baseline, kind, share, outcome }) => (
            <tr key={id}>
              <th scope="row">
                <Link to="/trials/$id" params={{ id }}>
                  {formatTime(created)}
                </Link>
              </th>
              <td>{oneLine(route)}</td>
              <td>{oneLine(candidate)}</td>
              <td className="wide">{oneLine(baseline)}</td>
              <td className="wide">{`${kind}, ${formatPercent(share)}`}</td>
              <td>{outcome ?? "running"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
