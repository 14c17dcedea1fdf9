import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { endpointsQuery } from "../api/endpoints.ts";
import { Diagnostics } from "../components/endpoints/Diagnostics.tsx";
import { EndpointPanel } from "../components/endpoints/EndpointPanel.tsx";
import { EndpointTable } from "../components/endpoints/EndpointTable.tsx";
import { NoEndpoints } from "../components/endpoints/NoEndpoints.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";
import { oneLine } from "../text/escape.ts";
import { formatSeconds } from "../text/format.ts";
import { ENDPOINT_TABS, type EndpointsSearch, parseEndpointsSearch } from "../text/page-search.ts";

const route = getRouteApi("/endpoints");

/** What one can do here; every step is a change of the address, as it is then. */
function useEndpointsActions(names: readonly string[]) {
  const navigate = useNavigate();
  const router = useRouter();
  const change = (part: Partial<EndpointsSearch>): void =>
    void navigate({ to: "/endpoints", search: (now) => ({ ...parseEndpointsSearch(now), ...part }), replace: true });
  return {
    change,
    step(by: 1 | -1): void {
      const { endpoint } = parseEndpointsSearch(router.latestLocation.search);
      const index = names.indexOf(endpoint ?? "");
      const next = names[index === -1 ? 0 : index + by];
      if (next === undefined) return;
      change({ endpoint: next });
      document.getElementById(`endpoint-${next}`)?.focus();
    },
  };
}

export function EndpointsPage() {
  const { endpoint: name, tab = "try" } = route.useSearch();
  const query = useQuery(endpointsQuery);
  const { data } = query;
  const endpoints = data?.data ?? [];
  const selected = endpoints.find((one) => one.name === name);
  const { change, step } = useEndpointsActions(endpoints.map((one) => one.name));
  useEffect(() => {
    document.title = "Endpoints · Flywheel";
  }, []);
  useShortcuts({
    ...Object.fromEntries(ENDPOINT_TABS.map((one, index) => [String(index + 1), () => change({ tab: one })])),
    j: () => step(1),
    k: () => step(-1),
    Escape: () => change({ endpoint: undefined }),
  });
  return (
    <div className="page">
      <div className="toolbar">
        <h1 className="page-title">Endpoints</h1>
        {data && endpoints.length > 0 && (
          <p className="note">
            build <code>{oneLine(data.build)}</code>, made in {formatSeconds(data.took / 1000)}
          </p>
        )}
      </div>
      {data && <Diagnostics diagnostics={data.diagnostics} served={endpoints.length > 0} />}
      <Pending query={query} what="endpoints" />
      {data && endpoints.length === 0 && data.diagnostics.length === 0 && <NoEndpoints />}
      {data && endpoints.length > 0 && (
        <div className="split endpoints-split">
          <div className="panel-list">
            <EndpointTable endpoints={endpoints} selected={selected?.name} />
          </div>
          {selected && (
            <EndpointPanel
              key={selected.name}
              endpoint={selected}
              tab={tab}
              state={`${data.build} ${data.took}`}
              diagnostics={data.diagnostics}
              onTab={(next) => change({ tab: next })}
              onClose={() => change({ endpoint: undefined })}
            />
          )}
          {name !== undefined && !selected && (
            <div className="no-rows" role="alert">
              <h2>There is no such endpoint</h2>
              <p>No file of endpoints/ is called {oneLine(name)} now.</p>
            </div>
          )}
        </div>
      )}
    </div>
  );
}
