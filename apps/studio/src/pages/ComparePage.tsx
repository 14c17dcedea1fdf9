import type { GenerationDetail } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { generationQuery } from "../api/generations.ts";
import { useKeyNames } from "../api/keys.ts";
import { DiffView } from "../components/compare/DiffView.tsx";
import { type FactRow, factRows, inputText, outputText, parameterRows } from "../components/compare/rows.ts";
import { NotLoaded } from "../components/shell/NotLoaded.tsx";
import { useShortcuts } from "../components/shell/shortcuts.ts";

const route = getRouteApi("/logs/compare");

/** Two generations side by side: facts, parameters, request and answer. */
export function ComparePage() {
  const { a = "", b = "" } = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const left = useQuery(generationQuery(a));
  const right = useQuery(generationQuery(b));
  useEffect(() => {
    document.title = "Compare · Flywheel";
  }, []);
  useShortcuts({
    Escape: () => (router.history.canGoBack() ? router.history.back() : void navigate({ to: "/logs" })),
    v: () => void navigate({ to: "/logs/compare", search: { a: b, b: a }, replace: true }),
  });
  const error = left.error ?? right.error;
  const retry = (): void => void Promise.all([left.refetch(), right.refetch()]);
  return (
    <div className="page page-generation">
      <header className="page-head">
        <Link to="/logs">Logs</Link>
        <span aria-hidden="true">/</span>
        <h1 className="compare-title">Two generations</h1>
      </header>
      {left.data && right.data ? (
        <Comparison left={left.data} right={right.data} />
      ) : error ? (
        <NotLoaded what="two generations" error={error} onRetry={retry} />
      ) : (
        <div className="skeleton" role="status" aria-label="Loading both generations" />
      )}
    </div>
  );
}

function Comparison({ left, right }: { left: GenerationDetail; right: GenerationDetail }) {
  const keyName = useKeyNames();
  const parameters = parameterRows(left, right);
  return (
    <div className="comparison">
      <FactTable left={left} right={right} rows={factRows(left, right, keyName)} />
      {parameters.length > 0 && (
        <Part title="Parameters">
          <FactTable rows={parameters} />
        </Part>
      )}
      <Part title="Output">
        <DiffView title="Output" left={outputText(left)} right={outputText(right)} />
      </Part>
      <Part title="Input">
        <DiffView title="Input" left={inputText(left)} right={inputText(right)} />
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Facts in two columns; what differs is set off by weight and a sign. */
function FactTable({ left, right, rows }: { left?: GenerationDetail; right?: GenerationDetail; rows: FactRow[] }) {
  return (
    <table className="facts compare-facts">
      {left && right && (
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden">Fact</span>
            </th>
            {[left, right].map(({ id }, index) => (
              <th key={index} scope="col">
                <Link to="/logs/$id" params={{ id }}>
                  {id}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map((row) => (
          <tr key={row.label} className={row.left === row.right ? undefined : "differs"}>
            <th scope="row">
              {row.label}
              {row.left !== row.right && (
                <span className="differs-sign" role="img" aria-label="differs">
                  ≠
                </span>
              )}
            </th>
            <td>{row.left || "–"}</td>
            <td>{row.right || "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
