import type { GrammarReport } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";
import { formatCount } from "../../text/format.ts";
import { GridHead } from "../shell/GridHead.tsx";

const SHAPES = { enforced: "●", approximated: "◐", "checked afterwards": "○" } as const;
const ACTIONS = ["enforced", "approximated", "checked afterwards"] as const;

/** What the grammar of a local model makes of each keyword of the output's schema. */
export function GrammarTable({ grammar }: { grammar: GrammarReport | null }) {
  if (!grammar) return <p className="note">The answer is text: there is nothing to hold it to.</p>;
  if (grammar.error)
    return <p>There is no grammar for this type; answers are only checked afterwards. {oneLine(grammar.error)}</p>;
  const counts = ACTIONS.map((action) => [action, grammar.keywords.filter((one) => one.action === action).length]);
  return (
    <>
      <p className="note">
        {counts
          .filter(([, count]) => count !== 0)
          .map(([action, count]) => `${formatCount(count as number)} ${action}`)
          .join(" · ")}
        . Every answer is checked against the whole schema before it leaves.
      </p>
      <div className="figure-scroller" tabIndex={0} role="group" aria-label="Grammar report">
        <table className="figure-grid grammar">
          <GridHead columns={["Schema", "Keyword", "Action", "Note"]} />
          <tbody>
            {grammar.keywords.map(({ path, keyword, action, note = "" }, index) => (
              <tr key={index}>
                <th scope="row">
                  <code>{oneLine(path) || "/"}</code>
                </th>
                <td>
                  <code>{oneLine(keyword)}</code>
                </td>
                <td>
                  <span className="status-shape" aria-hidden="true">
                    {SHAPES[action]}
                  </span>{" "}
                  {action}
                </td>
                <td className="note">{oneLine(note)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
