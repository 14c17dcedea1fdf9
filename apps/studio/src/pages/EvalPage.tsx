import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { evalRunQuery } from "../api/evals.ts";
import { RunView } from "../components/evals/RunView.tsx";
import { DetailPage } from "../components/shell/DetailPage.tsx";

const route = getRouteApi("/evals/$id");

/** One run: what came of it, and every answer with its scores. */
export function EvalPage() {
  const { id } = route.useParams();
  const query = useQuery(evalRunQuery(id));
  return (
    <DetailPage
      list={{ to: "/evals", name: "Evals" }}
      query={query}
      what="run's facts"
      label="The run"
      title={query.data?.name ?? id}
    >
      {(run) => <RunView run={run} />}
    </DetailPage>
  );
}
