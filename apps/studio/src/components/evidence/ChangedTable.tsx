import type { ChangedExample } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";
import { GridHead } from "../shell/GridHead.tsx";

/** Examples that one model got right and the other did not; what was lost comes first. */
export function ChangedTable({ changed }: { changed: readonly ChangedExample[] }) {
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label="Answers that changed">
      <table className="grid changed">
        <GridHead columns={["Asked", "Wished for", "Baseline", "Candidate", "Change"]} />
        <tbody>
          {changed.map((example) => (
            <tr key={example.id}>
              <th scope="row" title={oneLine(example.asked)}>
                {oneLine(example.asked)}
              </th>
              <td title={oneLine(example.wished)}>{oneLine(example.wished)}</td>
              <td title={oneLine(example.baseline)}>{oneLine(example.baseline)}</td>
              <td title={oneLine(example.candidate)}>{oneLine(example.candidate)}</td>
              <td>{example.right === "candidate" ? "won" : "lost"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
