import type { Trial } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { oneLine } from "../../text/escape.ts";
import { formatTime } from "../../text/format.ts";
import { formatPercent } from "../../text/interval.ts";

/** Candidates that users decided about, or are deciding about. */
export function TrialTable({ trials }: { trials: readonly Trial[] }) {
  return (
    <section className="trials" aria-labelledby="trials">
      <h2 id="trials">Trials</h2>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Begun</th>
            <th scope="col">Route</th>
            <th scope="col">Candidate</th>
            <th scope="col" className="wide">
              Against
            </th>
            <th scope="col">Of</th>
            <th scope="col">State</th>
          </tr>
        </thead>
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
              <td>{`${kind}, ${formatPercent(share)}`}</td>
              <td>{outcome ?? "running"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
