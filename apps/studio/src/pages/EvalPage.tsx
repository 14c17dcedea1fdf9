import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { evalRunQuery } from "../api/evals.ts";
import { RunView } from "../components/evals/RunView.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useTitle } from "../components/shell/title.ts";
import { oneLine } from "../text/escape.ts";

const route = getRouteApi("/evals/$id");

/** One run: what came of it, and every answer with its scores. */
export function EvalPage() {
  const { id } = route.useParams();
  const query = useQuery(evalRunQuery(id));
  const { data } = query;
  useTitle(data?.name ?? id);
  return (
    <div className="page">
      <header className="page-head">
        <Link to="/evals">Evals</Link>
        <span aria-hidden="true">/</span>
        <h1>{oneLine(data?.name ?? id)}</h1>
      </header>
      <Pending query={query} what="run's facts" />
      {data && (
        <div className="scroller wheel-body" tabIndex={0} role="group" aria-label="The run">
          <RunView run={data} />
        </div>
      )}
    </div>
  );
}
