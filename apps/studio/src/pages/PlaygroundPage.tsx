import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useId, useMemo, useState } from "react";
import { modelsQuery } from "../api/server.ts";
import { useDraft } from "../components/playground/draft-state.ts";
import { Pane } from "../components/playground/Pane.tsx";
import { RequestForm } from "../components/playground/RequestForm.tsx";
import { useRuns } from "../components/playground/run.ts";
import { SavedRequests } from "../components/playground/SavedRequests.tsx";
import { chatSnippet, CopyMenu } from "../components/text/CopyMenu.tsx";
import { bodyOf, type Draft, EMPTY_DRAFT, MOST_MODELS, savedBody, wireBody } from "../text/draft.ts";
import { oneLine } from "../text/escape.ts";
import type { PlaygroundSearch } from "../text/page-search.ts";

const route = getRouteApi("/playground");

/** The models of the panes: those of the draft, else the route that always exists. */
const modelsOf = (draft: Draft): string[] => (draft.models.length > 0 ? draft.models : ["default"]);

/** What one can do with the draft. The models are in the address; so is what was opened. */
function usePlayground(search: PlaygroundSearch) {
  const navigate = useNavigate();
  const state = useDraft(search);
  const { runs, start, stop, reset } = useRuns();
  const [problem, setProblem] = useState("");
  const { draft } = state;
  const models = modelsOf(draft);

  const go = (to: PlaygroundSearch) => void navigate({ to: "/playground", search: to, replace: true });
  const setModels = (names: string[]): void => {
    state.change({ models: names });
    go({ ...search, models: names.join(",") });
  };
  const send = (): void => {
    try {
      start(models.map((model) => wireBody(bodyOf(draft, model))));
      setProblem("");
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return {
    ...state,
    models,
    runs,
    stop,
    send,
    problem: state.problem || problem,
    running: runs.some((run) => run.state === "running"),
    setModel: (pane: number, name: string) => setModels(models.map((known, at) => (at === pane ? name : known))),
    addModel: () => setModels([...models, models.at(-1)!]),
    removeModel: (pane: number) => {
      reset();
      setModels(models.filter((_, at) => at !== pane));
    },
    continueFrom: (text: string) =>
      state.change({
        messages: [...draft.messages, { role: "assistant", text }, { role: "user", text: "" }],
      }),
    clear: () => {
      reset();
      setProblem("");
      state.replace({ ...EMPTY_DRAFT, models });
      go({ models: models.join(",") });
    },
    go,
  };
}

type Playground = ReturnType<typeof usePlayground>;

/** Ctrl-Enter sends and Escape stops, also while one types. */
function useSendKeys({ send, stop, running }: Playground): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (document.querySelector("dialog[open]")) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        send();
      } else if (event.key === "Escape" && running) stop();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}

export function PlaygroundPage() {
  const search = route.useSearch();
  const playground = usePlayground(search);
  const { models, runs } = playground;
  const { data } = useQuery(modelsQuery);
  const list = useId();
  useEffect(() => {
    document.title = "Playground · Flywheel";
  }, []);
  useSendKeys(playground);

  return (
    <div className="page">
      <Toolbar search={search} playground={playground} />
      <div className="playground">
        <Request playground={playground} />
        <div className="panes">
          {models.map((model, pane) => (
            <Pane
              key={pane}
              number={pane + 1}
              model={model}
              models={list}
              run={runs[pane]}
              onModel={(name) => playground.setModel(pane, name)}
              onStop={() => playground.stop(pane)}
              onRemove={models.length > 1 ? () => playground.removeModel(pane) : undefined}
              onContinue={playground.continueFrom}
            />
          ))}
        </div>
      </div>
      <datalist id={list}>
        {data?.data.map((model) => (
          <option key={model.id} value={model.id} />
        ))}
      </datalist>
    </div>
  );
}

function Toolbar({ search, playground }: { search: PlaygroundSearch; playground: Playground }) {
  const { draft, models } = playground;
  const body = useMemo(() => copyBody(draft, models[0]!), [draft, models]);
  const snippetOf = useMemo(() => chatSnippet(body), [body]);
  return (
    <div className="toolbar" role="group" aria-label="Playground">
      <h1 className="page-title">Playground</h1>
      <SavedRequests
        open={search.request}
        body={() => savedBody({ ...draft, models })}
        onOpen={(id) => playground.go({ request: id })}
      />
      <CopyMenu label="Copy this request" snippetOf={snippetOf} disabled={body === ""} />
      <button type="button" className="button" disabled={models.length === MOST_MODELS} onClick={playground.addModel}>
        Add a model
      </button>
      <button type="button" className="button quiet" onClick={playground.clear}>
        Clear
      </button>
      {search.generation && (
        <span className="note from">
          from{" "}
          <Link to="/logs/$id" params={{ id: search.generation }}>
            {oneLine(search.generation)}
          </Link>
        </span>
      )}
    </div>
  );
}

/** What is asked, and the button that asks it. */
function Request({ playground }: { playground: Playground }) {
  const { draft, loading, problem, running, send, stop, change } = playground;
  return (
    <form
      className="request"
      aria-label="Request"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {loading ? (
        <div className="skeleton" role="status" aria-label="Loading" />
      ) : (
        <RequestForm draft={draft} onChange={change} />
      )}
      <div className="request-foot">
        {running ? (
          <button type="button" className="button primary" onClick={() => stop()}>
            Stop <kbd>Esc</kbd>
          </button>
        ) : (
          <button type="submit" className="button primary">
            Run <kbd>Ctrl ⏎</kbd>
          </button>
        )}
        <p className="problem" role="alert">
          {problem}
        </p>
      </div>
    </form>
  );
}

/** What is copied; "" while the draft cannot be sent. */
function copyBody(draft: Draft, model: string): string {
  try {
    return JSON.stringify(bodyOf(draft, model));
  } catch {
    return "";
  }
}
