import type { Promotion } from "@flywheel/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { providersQuery } from "../api/providers.ts";
import { promotionsQuery, rollBack } from "../api/promotions.ts";
import { trialsQuery } from "../api/trials.ts";
import { RollBackDialog } from "../components/deployments/RollBackDialog.tsx";
import { TrialTable } from "../components/deployments/TrialTable.tsx";
import { Empty } from "../components/shell/Empty.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useRowKeys } from "../components/shell/row-keys.ts";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";
import { formatTime } from "../text/format.ts";
import { GridHead } from "../components/shell/GridHead.tsx";

/** Which model is in front of which route, and how that came to be. */
export function DeploymentsPage() {
  const query = useQuery(promotionsQuery);
  const { data } = query;
  const promotions = data?.data ?? [];
  const trials = useQuery(trialsQuery).data?.data ?? [];
  useTitle("Deployments");
  useRowKeys(promotions.map(({ id }) => id));
  return (
    <div className="page">
      <div className="toolbar">
        <h1 className="page-title">Deployments</h1>
      </div>
      <Pending query={query} what="promotions" />
      {data && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label="Deployments">
          <Fronts promotions={promotions} />
          {trials.length > 0 && <TrialTable trials={trials} />}
          {promotions.length === 0 ? <NoPromotions /> : <History promotions={promotions} />}
        </div>
      )}
    </div>
  );
}

/** What each route asks first, now. */
function Fronts({ promotions }: { promotions: readonly Promotion[] }) {
  const { data } = useQuery(providersQuery);
  const client = useQueryClient();
  const [rolling, setRolling] = useState<Promotion>();
  const [problem, setProblem] = useState("");
  const roll = async (): Promise<void> => {
    try {
      await rollBack(rolling!.route);
      setRolling(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
    await client.invalidateQueries(promotionsQuery);
  };
  return (
    <>
      <table className="grid fronts">
        <thead>
          <tr>
            <th scope="col">Route</th>
            <th scope="col">Asks first</th>
            <th scope="col" className="actions">
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {(data?.routes ?? []).map(({ name, targets }) => {
            const latest = promotions.find(({ route }) => route === name);
            const [first] = targets;
            return (
              <tr key={name}>
                <th scope="row">{oneLine(name)}</th>
                <td>{oneLine(latest?.model ?? (first ? `${first.provider}/${first.model}` : ""))}</td>
                <td className="actions">
                  {latest && (
                    <button
                      type="button"
                      className="button small"
                      onClick={() => {
                        setProblem("");
                        setRolling(latest);
                      }}
                    >
                      Roll back
                    </button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <RollBackDialog
        latest={rolling}
        problem={problem}
        onClose={() => setRolling(undefined)}
        onRoll={() => void roll()}
      />
    </>
  );
}

function History({ promotions }: { promotions: readonly Promotion[] }) {
  return (
    <section className="titled-grid" aria-labelledby="promotions">
      <h2 id="promotions">Promotions</h2>
      <table className="grid">
        <GridHead columns={["When", "Route", "Put in front", ["In place of", "wide"], "By"]} />
        <tbody>
          {promotions.map(({ id, created, route, model, previous, evidence, rollback_of }) => (
            <tr key={id}>
              <th scope="row">
                <Link to="/deployments/$id" params={{ id }} id={id}>
                  {formatTime(created)}
                </Link>
              </th>
              <td>{oneLine(route)}</td>
              <td>{oneLine(model)}</td>
              <td className="wide">{oneLine(previous)}</td>
              <td>{rollback_of !== null ? "rollback" : evidence ? "evidence" : "a person"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const NoPromotions = () => (
  <Empty title="Nothing was promoted yet" command="flywheel tune triage --promote-if better --route fast">
    A model takes the front of a route where held-out examples show that it is better.
  </Empty>
);
