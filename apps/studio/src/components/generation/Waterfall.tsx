import { Fragment } from "react";
import { explainAttempt } from "@flywheel/protocol";
import type { Attempt, Generation } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";
import { formatSeconds } from "../../text/format.ts";

/** Every upstream try against the generation's time: hollow where it failed; the tick is the first chunk. */
export function Waterfall({ generation }: { generation: Generation }) {
  const attempts = generation.attempt_list;
  const total = Math.max(generation.duration * 1000, ...attempts.map((attempt) => attempt.ended_ms), 1);
  const percent = (ms: number): string => `${(100 * ms) / total}%`;
  const first = generation.time_to_first_chunk;
  if (attempts.length === 0) return <p className="note">No provider was asked.</p>;
  return (
    <table className="facts waterfall">
      <thead>
        <tr>
          <th scope="col">Attempt</th>
          <th scope="col">Result</th>
          <th scope="col">Time</th>
          <th scope="col" className="waterfall-scale">
            <span>0</span>
            <span>{formatSeconds(total / 1000)}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt, index) => (
          <Fragment key={index}>
            <tr>
              <td>{oneLine(`${attempt.provider}/${attempt.model}`)}</td>
              <td className="result" title={attempt.message && oneLine(attempt.message)}>
                {[attempt.status, attempt.error].filter(Boolean).join(" ") || "no answer"}
              </td>
              <td className="number">{formatSeconds((attempt.ended_ms - attempt.started_ms) / 1000)}</td>
              <td className="waterfall-track" aria-hidden="true">
                <div
                  className={attempt.error ? "bar bar-failed" : "bar"}
                  style={{ left: percent(attempt.started_ms), width: percent(attempt.ended_ms - attempt.started_ms) }}
                />
                {first !== null && !attempt.error && <div className="tick" style={{ left: percent(first * 1000) }} />}
              </td>
            </tr>
            {!isPlain(attempts) && <Why attempt={attempt} />}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

/** Nothing to explain: the only one there was, or the first of its route, answered. */
function isPlain([first, second]: readonly Attempt[]): boolean {
  return !second && first?.reason === "first" && !first.error;
}

/** Why it was asked, who was passed over, and why it was not asked again. */
function Why({ attempt }: { attempt: Attempt }) {
  const lines = explainAttempt(attempt);
  if (lines.length === 0) return null;
  return (
    <tr className="why">
      <td colSpan={4}>
        {lines.map((line) => (
          <div key={line}>{oneLine(line)}</div>
        ))}
      </td>
    </tr>
  );
}
