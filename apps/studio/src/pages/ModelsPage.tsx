import type { ProviderDetail, ProviderList, Target } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { providersQuery } from "../api/providers.ts";
import { ProviderPanel } from "../components/models/ProviderPanel.tsx";
import { ProviderTable } from "../components/models/ProviderTable.tsx";
import { Pending } from "../components/shell/Pending.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";
import { oneLine } from "../text/escape.ts";
import { formatCount } from "../text/format.ts";
import { type ModelsSearch, parseModelsSearch } from "../text/page-search.ts";
import { GridHead } from "../components/shell/GridHead.tsx";

const route = getRouteApi("/models");

export function ModelsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const query = useQuery(providersQuery);
  const { data } = query;
  const providers = useMemo(() => callableFirst(data?.data ?? []), [data]);
  const selected = providers.find(({ id }) => id === search.provider);
  const searchInput = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = "Models · Flywheel";
  }, []);
  const go = (to: ModelsSearch) => void navigate({ to: "/models", search: to, replace: true });
  const step = (by: 1 | -1): void => {
    // As the address is now: keys may come faster than the page is drawn.
    const { provider } = parseModelsSearch(router.latestLocation.search);
    const index = providers.findIndex(({ id }) => id === provider);
    const next = providers[index === -1 ? 0 : index + by];
    if (!next) return;
    go({ provider: next.id });
    document.getElementById(`provider-${next.id}`)?.focus();
  };
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    Escape: () => go({}),
    "/": (event) => {
      event.preventDefault();
      searchInput.current?.focus();
    },
  });

  return (
    <div className="page">
      <div className="toolbar">
        <h1 className="page-title">Models</h1>
        {data && <p className="note">{standing(providers)}</p>}
      </div>
      <Pending query={query} what="providers" />
      {data && (
        <div className="split">
          <div className="panel-list">
            <ProviderTable providers={providers} selected={selected?.id} />
            <Routes routes={data.routes} />
          </div>
          {selected && (
            <ProviderPanel
              key={selected.id}
              provider={selected}
              search={search.search ?? ""}
              onSearch={(text) => go({ provider: selected.id, search: text || undefined })}
              searchInput={searchInput}
              onClose={() => go({})}
            />
          )}
        </div>
      )}
    </div>
  );
}

/** `3 of 23 providers can be called · 1,364 models`. */
function standing(providers: ProviderDetail[]): string {
  const callable = providers.filter(({ available }) => available).length;
  const models = providers.reduce((count, provider) => count + provider.models.length, 0);
  return `${callable} of ${providers.length} providers can be called · ${formatCount(models)} models`;
}

const callableFirst = (providers: ProviderDetail[]): ProviderDetail[] => [
  ...providers.filter(({ available }) => available),
  ...providers.filter(({ available }) => !available),
];

const nameOf = ({ provider, model, weight }: Target): string =>
  oneLine(`${provider}/${model}${weight === undefined ? "" : ` (weight ${weight})`}`);

/** Names of the project's own, and who answers for them. */
function Routes({ routes }: { routes: ProviderList["routes"] }) {
  return (
    <table className="grid routes">
      <GridHead columns={["Route", "Targets, in order"]} />
      <tbody>
        {routes.map(({ name, targets }) => (
          <tr key={name}>
            <th scope="row">
              <Link to="/playground" search={{ models: name }} aria-label={`Open ${oneLine(name)} in the playground`}>
                {oneLine(name)}
              </Link>
            </th>
            <td>{targets.map(nameOf).join(" → ")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
