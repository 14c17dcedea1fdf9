import type { Diagnostic, ListedEndpoint } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { endpointQuery } from "../../api/endpoints.ts";
import { oneLine } from "../../text/escape.ts";
import { ENDPOINT_TABS, type EndpointTab } from "../../text/page-search.ts";
import { NotLoaded } from "../shell/NotLoaded.tsx";
import { Calls } from "./Calls.tsx";
import { Source } from "./Source.tsx";
import { TryIt } from "./TryIt.tsx";
import { Types } from "./Types.tsx";

const LABELS: Record<EndpointTab, string> = { try: "Try it", types: "Types", source: "Source", calls: "Calls" };

interface EndpointPanelProps {
  endpoint: ListedEndpoint;
  tab: EndpointTab;
  /** Of the build and its files: changes with every edit. */
  state: string;
  diagnostics: readonly Diagnostic[];
  onTab(tab: EndpointTab): void;
  onClose(): void;
}

/** One endpoint: how it is called and what it answers, its types, its file, its last calls. */
export function EndpointPanel({ endpoint, tab, state, diagnostics, onTab, onClose }: EndpointPanelProps) {
  return (
    <section className="panel" aria-label={`Endpoint ${oneLine(endpoint.name)}`}>
      <header className="panel-head">
        <h2>{oneLine(endpoint.name)}</h2>
        <div className="period" role="group" aria-label="Show">
          {ENDPOINT_TABS.map((name, index) => (
            <button
              key={name}
              type="button"
              className="button small"
              aria-pressed={tab === name}
              aria-keyshortcuts={String(index + 1)}
              onClick={() => onTab(name)}
            >
              {LABELS[name]}
            </button>
          ))}
        </div>
        <button type="button" className="button quiet panel-close" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="panel-body" tabIndex={0} role="group" aria-label={LABELS[tab]}>
        <p className="note endpoint-line">
          <code>POST /endpoints/{oneLine(endpoint.name)}</code> · answered by {oneLine(endpoint.model)}
          {endpoint.description !== "" && ` · ${oneLine(endpoint.description)}`}
        </p>
        {tab === "try" && <TryIt endpoint={endpoint} />}
        {tab === "types" && <Types endpoint={endpoint} />}
        {tab === "source" && <LoadedSource endpoint={endpoint} state={state} diagnostics={diagnostics} />}
        {tab === "calls" && <Calls name={endpoint.name} />}
      </div>
    </section>
  );
}

function LoadedSource({
  endpoint,
  state,
  diagnostics,
}: Pick<EndpointPanelProps, "endpoint" | "state" | "diagnostics">) {
  const { data, error, refetch } = useQuery(endpointQuery(endpoint.name, state));
  if (data)
    return (
      <Source
        file={data.file}
        text={data.source}
        diagnostics={diagnostics.filter(({ file }) => file === endpoint.file)}
      />
    );
  if (error) return <NotLoaded what="lines" error={error} onRetry={() => refetch()} />;
  return <div className="skeleton" role="status" aria-label="Loading the source" />;
}
