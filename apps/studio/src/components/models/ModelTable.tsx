import type { ProviderModel } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { Fragment, useMemo, useState } from "react";
import { oneLine } from "../../text/escape.ts";
import { formatBytes, formatCount, formatRateOfPrice } from "../../text/format.ts";
import { chatSnippet, CopyMenu } from "../text/CopyMenu.tsx";
import { TestButton, TestOutcome } from "./TestButton.tsx";
import type { TestResult } from "./test-call.ts";

interface ModelTableProps {
  models: ProviderModel[];
  results: ReadonlyMap<string, TestResult>;
  onTest(model: string): void;
}

/** Rows laid out before one asks for all. */
const SHOWN = 100;

/** Models with what they cost (dollars per million tokens) and hold. */
export function ModelTable({ models, results, onTest }: ModelTableProps) {
  const [all, setAll] = useState(false);
  const shown = all ? models : models.slice(0, SHOWN);
  return (
    <>
      <table className="grid models">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" className="number">
              Context
            </th>
            <th scope="col" className="number">
              <span title="US dollars per million input tokens">In $/M</span>
            </th>
            <th scope="col" className="number">
              <span title="US dollars per million output tokens">Out $/M</span>
            </th>
            <th scope="col">
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((model) => (
            <ModelRow key={model.id} model={model} result={results.get(model.id)} onTest={onTest} />
          ))}
        </tbody>
      </table>
      {shown.length < models.length && (
        <button type="button" className="link show-all" onClick={() => setAll(true)}>
          Show all {formatCount(models.length)} models
        </button>
      )}
    </>
  );
}

function ModelRow({
  model,
  result,
  onTest,
}: { model: ProviderModel; result?: TestResult } & Pick<ModelTableProps, "onTest">) {
  const { id, price, context_length, local } = model;
  const snippetOf = useMemo(
    () => chatSnippet(JSON.stringify({ model: id, messages: [{ role: "user", content: "Hello" }] })),
    [id],
  );
  const notes = [
    result && <TestOutcome key="test" result={result} />,
    local && <LocalNote key="local" local={local} />,
  ];
  const shown = notes.filter(Boolean);
  return (
    <Fragment>
      <tr className={shown.length > 0 ? "with-note" : undefined}>
        <th scope="row" className="model-name">
          {oneLine(id.slice(id.indexOf("/") + 1))}
        </th>
        <td className="number" data-label="Context">
          {formatCount(context_length)}
        </td>
        <td className="number" data-label="In $/M">
          {formatRateOfPrice(price?.input)}
        </td>
        <td className="number" data-label="Out $/M">
          {formatRateOfPrice(price?.output)}
        </td>
        <td className="actions">
          <TestButton model={id} result={result} onTest={onTest} />
          <Link
            className="button small"
            to="/playground"
            search={{ models: id }}
            aria-label={`Play with ${oneLine(id)}`}
          >
            Play
          </Link>
          <CopyMenu small label={`Copy a call of ${oneLine(id)}`} snippetOf={snippetOf} />
        </td>
      </tr>
      {shown.length > 0 && (
        <tr className="note-row">
          <td colSpan={5}>
            <div role="status">{shown}</div>
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function LocalNote({ local }: { local: NonNullable<ProviderModel["local"]> }) {
  if (local.error)
    return (
      <span className="test-failed">
        <span aria-hidden="true">✕</span> {oneLine(local.error)} ({oneLine(local.path)})
      </span>
    );
  const state = { unloaded: "loaded with its first call", loading: "loading", ready: "loaded", failed: "failed" };
  const facts = [
    `${(local.parameters / 1e6).toFixed(1)} M parameters`,
    `file ${formatBytes(local.file_bytes)}`,
    local.memory_bytes !== undefined && `memory ${formatBytes(local.memory_bytes)}`,
    state[local.state],
  ];
  return <span className="note">{facts.filter(Boolean).join(" · ")}</span>;
}
