import type { EvalRun } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { evalRunsQuery } from "../api/evals.ts";
import { Empty } from "../components/shell/Empty.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useRowKeys } from "../components/shell/row-keys.ts";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatInterval } from "../text/interval.ts";
import { formatCount, formatTime, NONE } from "../text/format.ts";
import { GridHead } from "../components/shell/GridHead.tsx";

/** Runs of evaluations, the newest first. */
export function EvalsPage() {
  const query = useQuery(evalRunsQuery);
  const { data } = query;
  const runs = data?.data ?? [];
  useTitle("Evals");
  useRowKeys(runs.map(({ id }) => id));
  return (
    <div className="page">
      <div className="toolbar">
        <h1 className="page-title">Evals</h1>
      </div>
      <Pending query={query} what="evaluation runs" />
      {data && data.damaged.length > 0 && (
        <p className="problem run-problem" role="alert">
          {formatCount(data.damaged.length)} runs cannot be read: {oneLine(data.damaged.join(", "))}
        </p>
      )}
      {data && runs.length === 0 && <NoRuns />}
      {runs.length > 0 && (
        <div className="scroller" tabIndex={0} role="group" aria-label="List of runs">
          <table className="grid">
            <GridHead
              columns={[
                "Evaluation",
                "Model",
                ["First evaluator", "wide"],
                ["Examples", "number wide"],
                "Gate",
                ["When", "wide"],
              ]}
            />
            <tbody>
              {runs.map((run) => (
                <Row key={run.id} run={run} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Row({ run: { id, name, model, evaluators, rows, gate, created } }: { run: EvalRun }) {
  const [first] = evaluators;
  return (
    <tr>
      <th scope="row">
        <Link to="/evals/$id" params={{ id }} id={id}>
          {oneLine(name)}
        </Link>
      </th>
      <td>{oneLine(model)}</td>
      <td className="wide">{first?.mean ? `${oneLine(first.name)} ${formatInterval(first.mean)}` : NONE}</td>
      <td className="number wide">{formatCount(rows)}</td>
      <td className={gate.passed ? undefined : "problem"}>{gate.passed ? "met" : "not met"}</td>
      <td className="wide">{formatTime(created)}</td>
    </tr>
  );
}

const NoRuns = () => (
  <Empty title="Nothing was evaluated yet" command="flywheel eval triage">
    A file of evals/ names a dataset, evaluators and a gate; each run stands here with every answer and its score.
  </Empty>
);
