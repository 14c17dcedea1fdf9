import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { evalRunQuery } from "../api/evals.ts";
import { RunView } from "../components/evals/RunView.tsx";
import { LogSkeleton } from "../components/logs/LogTable.tsx";
import { NotLoaded } from "../components/shell/NotLoaded.tsx";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";

const route = getRouteApi("/evals/$id");

/** One run: what came of it, and every answer with its scores. */
export function EvalPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(evalRunQuery(id));
  useTitle(data?.name ?? id);
  return (
    <div className="page">
      <header className="page-head">
        <Link to="/evals">Evals</Link>
        <span aria-hidden="true">/</span>
        <h1>{oneLine(data?.name ?? id)}</h1>
      </header>
      {!data && !error && <LogSkeleton />}
      {error && !data && <NotLoaded what="run's facts" error={error} onRetry={() => refetch()} />}
      {data && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label="The run">
          <RunView run={data} />
        </div>
      )}
    </div>
  );
}
