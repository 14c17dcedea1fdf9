import type { ListedEndpoint } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { generationQuery } from "../../api/generations.ts";
import { endpointSnippet } from "../../text/endpoint-snippet.ts";
import { formatCost, formatSeconds, formatTokens, NONE } from "../../text/format.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { CopyMenu } from "../text/CopyMenu.tsx";
import { SafeText } from "../text/SafeText.tsx";
import { useEndpointInput } from "./endpoint-input.ts";
import { type EndpointRun, useEndpointRun } from "./endpoint-run.ts";
import { JsonArea } from "./JsonArea.tsx";
import { SchemaFields } from "./SchemaField.tsx";
import { ValueTree } from "./ValueTree.tsx";

/** An input on the left, made by the fields of its type or as JSON; what comes of it on the right. */
export function TryIt({ endpoint }: { endpoint: ListedEndpoint }) {
  const [input, setInput, reset] = useEndpointInput(endpoint);
  const [asJson, setAsJson] = useState(false);
  const [problem, setProblem] = useState("");
  const { run, start, stop } = useEndpointRun(endpoint.name);
  const running = run?.state === "running";
  const send = (): void => (problem === "" ? start(input) : undefined);
  useSendKeys(send, running ? stop : undefined);
  const { name } = endpoint;
  const snippetOf = useMemo(() => endpointSnippet(name, input, location.origin), [name, input]);
  return (
    <div className="try-it">
      <form
        className="try-input"
        aria-label="Input"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div className="period" role="group" aria-label="Input as">
          {[false, true].map((json) => (
            <button
              key={String(json)}
              type="button"
              className="button small"
              aria-pressed={asJson === json}
              disabled={problem !== ""}
              onClick={() => setAsJson(json)}
            >
              {json ? "JSON" : "Form"}
            </button>
          ))}
          <button
            type="button"
            className="button quiet small try-reset"
            onClick={() => {
              setProblem("");
              setAsJson(false);
              reset();
            }}
          >
            Reset
          </button>
        </div>
        {asJson ? (
          <JsonArea label="Input as JSON" value={input} onChange={setInput} onProblem={setProblem} />
        ) : (
          <SchemaFields
            schema={endpoint.input}
            root={endpoint.input}
            value={input}
            onChange={(value) => setInput(value ?? null)}
          />
        )}
        <div className="try-actions">
          {running ? (
            <button type="button" className="button primary" onClick={stop}>
              Stop <kbd>Esc</kbd>
            </button>
          ) : (
            <button type="submit" className="button primary" disabled={problem !== ""}>
              Run <kbd>Ctrl ⏎</kbd>
            </button>
          )}
          <CopyMenu label="Copy this call" snippetOf={snippetOf} />
        </div>
      </form>
      <Outcome run={run} />
    </div>
  );
}

/** Ctrl-Enter sends and Escape stops, also while one types. */
function useSendKeys(send: () => void, stop: (() => void) | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (document.querySelector("dialog[open]")) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        send();
      } else if (event.key === "Escape" && stop) {
        event.preventDefault();
        stop();
      }
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  });
}

/** What the endpoint answers, as it comes: typed, then valid. */
function Outcome({ run }: { run: EndpointRun | undefined }) {
  const [asJson, setAsJson] = useState(false);
  const answer = run?.answer;
  const text = useMemo(() => (answer?.done ? writtenOf(answer.value) : undefined), [answer]);
  return (
    <section className="try-output" aria-label="Output" aria-busy={run?.state === "running"}>
      <Figures run={run} />
      <div className="pane-body" tabIndex={0} role="group" aria-label="Answer">
        {run?.state === "failed" && (
          <div className="failure" role="alert">
            <SafeText text={run.problem} />
          </div>
        )}
        {!run && <p className="note">The typed answer will stand here.</p>}
        {run?.state === "running" && !answer && <p className="note waiting">Waiting for the first value …</p>}
        {answer && asJson && text !== undefined && <SafeText text={text} code />}
        {answer && !(asJson && text !== undefined) && (
          <ValueTree value={answer.value} finals={answer.finals} done={answer.done} />
        )}
        {run?.state === "stopped" && <p className="note">Stopped.</p>}
      </div>
      <footer className="pane-foot">
        {run && run.generationId !== "" && (
          <Link className="button small" to="/logs/$id" params={{ id: run.generationId }}>
            In the logs
          </Link>
        )}
        {text !== undefined && (
          <>
            <CopyButton text={text} label="Copy" className="button small" />
            <button type="button" className="button small" aria-pressed={asJson} onClick={() => setAsJson(!asJson)}>
              As JSON
            </button>
          </>
        )}
      </footer>
    </section>
  );
}

/** `undefined` where it is nested too deeply to be written. */
function writtenOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, null, 2);
  } catch {
    return undefined;
  }
}

const TIERS = { grammar: "grammar", native: "schema mode", prompt: "prompt" } as const;

function Figures({ run }: { run: EndpointRun | undefined }) {
  const answer = run?.answer;
  const id = run === undefined || run.state === "running" ? "" : run.generationId;
  const { data: row } = useQuery({ ...generationQuery(id), enabled: id !== "" });
  const last = row?.attempt_list.at(-1);
  const repairs = row?.attempt_list.filter(({ reason }) => reason === "repair").length;
  const figures: [label: string, value: string][] = [
    ["First value", answer?.firstMs === undefined ? NONE : formatSeconds(answer.firstMs / 1000)],
    ["Time", answer ? formatSeconds(answer.ms / 1000) : NONE],
    ["Tokens", row ? formatTokens(row.usage_input_tokens, row.usage_output_tokens, row.usage_estimated) : NONE],
    ["Cost", row ? formatCost(row.cost_nano) : NONE],
    ["Held by", last?.output_tier ? TIERS[last.output_tier] : NONE],
    ["Repairs", repairs === undefined ? NONE : String(repairs)],
  ];
  return (
    <dl className="pane-figures">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
