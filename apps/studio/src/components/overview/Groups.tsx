import type { UsageGroup, UsageReport } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../../text/format.ts";
import type { Period } from "../../text/period.ts";
import { GROUP_COLUMNS } from "./measures.ts";

export const GROUP_LABELS: Record<UsageGroup, string> = {
  model: "Model",
  provider: "Provider",
  key: "Key",
  cache: "Cache",
};

interface GroupsProps {
  by: UsageGroup;
  report: UsageReport;
  period: Period;
  /** Harmless to display. */
  nameOf(group: string): string;
}

/** The period's figures of each model, key, …, with the way to its generations. */
export function Groups({ by, report, period, nameOf }: GroupsProps) {
  return (
    <div className="figure-scroller" tabIndex={0} role="group" aria-label={`By ${GROUP_LABELS[by].toLowerCase()}`}>
      <table className="figure-grid">
        <thead>
          <tr>
            <th scope="col">{GROUP_LABELS[by]}</th>
            {GROUP_COLUMNS.map(([label]) => (
              <th key={label} scope="col" className="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.groups.map((group) => (
            <tr key={group.name}>
              <th scope="row">
                <GroupName by={by} group={group.name} period={period} label={nameOf(group.name)} />
              </th>
              {GROUP_COLUMNS.map(([label, cell]) => (
                <td key={label} className="number">
                  {cell(group)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              Total
              {report.groups_left_out > 0 && (
                <span className="note"> with {formatCount(report.groups_left_out)} more</span>
              )}
            </th>
            {GROUP_COLUMNS.map(([label, cell]) => (
              <td key={label} className="number">
                {cell(report.total)}
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** A link to the generations, where the list of them can be narrowed to these. */
function GroupName({ by, group, period, label }: { by: UsageGroup; group: string; period: Period; label: string }) {
  const slash = group.indexOf("/");
  const filter =
    by === "model" && slash > 0
      ? { provider: group.slice(0, slash), model: group.slice(slash + 1) }
      : by === "provider" && group !== ""
        ? { provider: group }
        : by === "key" && group !== ""
          ? { key_id: group }
          : undefined;
  if (!filter) return label;
  const time = period.from === undefined ? { range: period.range ?? ("24h" as const) } : period;
  return (
    <Link to="/logs" search={{ ...filter, ...time }}>
      {label}
    </Link>
  );
}
