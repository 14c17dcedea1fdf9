import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Answer } from "../../api/chat.ts";
import { generationQuery } from "../../api/generations.ts";
import { oneLine } from "../../text/escape.ts";
import { formatCost, formatCount, formatRate, formatSeconds, NONE } from "../../text/format.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { SafeText } from "../text/SafeText.tsx";
import type { Run } from "./run.ts";

interface PaneProps {
  /** From 1. */
  number: number;
  model: string;
  /** Id of the list of known models. */
  models: string;
  run: Run | undefined;
  onModel(model: string): void;
  onStop(): void;
  /** Takes the pane away; absent where it is the only one. */
  onRemove?(): void;
  /** Goes on from this pane's answer. */
  onContinue(text: string): void;
}

/** One model, its answer as it comes, and how fast that was. */
export function Pane({ number, model, models, run, onModel, onStop, onRemove, onContinue }: PaneProps) {
  const answer = run?.answer;
  const running = run?.state === "running";
  return (
    <section className="pane" aria-label={`Model ${number}`} aria-busy={running}>
      <header className="pane-head">
        <input
          className="input pane-model"
          aria-label={`Model ${number}`}
          placeholder="Model or route"
          list={models}
          spellCheck={false}
          value={model}
          onChange={(event) => onModel(event.target.value)}
        />
        {running && (
          <button type="button" className="button small" onClick={onStop}>
            Stop
          </button>
        )}
        {onRemove && (
          <button type="button" className="button quiet small" aria-label={`Remove model ${number}`} onClick={onRemove}>
            ✕
          </button>
        )}
      </header>
      <Figures run={run} />
      <div className="pane-body" tabIndex={0} role="group" aria-label={`Answer ${number}`}>
        {run?.state === "failed" && (
          <div className="failure" role="alert">
            <SafeText text={run.problem} />
          </div>
        )}
        {answer && <AnswerText answer={answer} />}
        {!run && <p className="note">The answer will stand here.</p>}
        {running && !answer && <p className="note waiting">Waiting for the first token …</p>}
        {run?.state === "stopped" && <p className="note">Stopped.</p>}
      </div>
      <footer className="pane-foot">
        {run && run.generationId !== "" && (
          <Link className="button small" to="/logs/$id" params={{ id: run.generationId }}>
            In the logs
          </Link>
        )}
        {answer && answer.text !== "" && (
          <>
            <CopyButton text={answer.text} label="Copy" className="button small" />
            {!running && (
              <button type="button" className="button small" onClick={() => onContinue(answer.text)}>
                Go on from here
              </button>
            )}
          </>
        )}
      </footer>
    </section>
  );
}

function AnswerText({ answer }: { answer: Answer }) {
  return (
    <>
      {answer.reasoning !== "" && (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <SafeText text={answer.reasoning} />
        </details>
      )}
      <SafeText text={answer.text} />
      {answer.toolCalls.map((call, index) => (
        <section key={index} className="tool-call" aria-label={`Tool call ${oneLine(call.name)}`}>
          <p className="tool-name">
            <SafeText text={call.name} code />
          </p>
          <SafeText text={call.arguments} code />
        </section>
      ))}
    </>
  );
}

/** How fast it is, while it comes; its tokens and cost, once they are known. */
function Figures({ run }: { run: Run | undefined }) {
  const answer = run?.answer;
  const id = run?.state === "running" ? "" : (run?.generationId ?? "");
  const { data: row } = useQuery({ ...generationQuery(id), enabled: id !== "" });
  const figures: [label: string, value: string][] = [
    ["TTFT", answer?.firstMs === undefined ? NONE : formatSeconds(answer.firstMs / 1000)],
    ["Speed", speedOf(answer)],
    ["Tokens", tokensOf(answer)],
    ["Time", answer ? formatSeconds(answer.ms / 1000) : NONE],
    ["Cost", row ? formatCost(row.cost_nano) : NONE],
    ["Finish", finishOf(answer)],
  ];
  return (
    <dl className="pane-figures" title="≈ marks what is counted here until the provider reports it">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Seconds. */
const AT_ONCE = 0.02;

/** Tokens a second after the first; until they are reported, a piece counts as one. */
function speedOf(answer: Answer | undefined): string {
  if (answer?.firstMs === undefined) return NONE;
  const seconds = (answer.ms - answer.firstMs) / 1000;
  const tokens = answer.outputTokens ?? answer.pieces;
  // What came all at once says nothing of speed.
  if (seconds < AT_ONCE || answer.pieces < 2) return NONE;
  return `${answer.outputTokens === undefined ? "≈ " : ""}${formatRate(tokens / seconds)}`;
}

function tokensOf(answer: Answer | undefined): string {
  if (!answer) return NONE;
  if (answer.outputTokens === undefined) return answer.pieces > 0 ? `≈ ${formatCount(answer.pieces)}` : NONE;
  return `${formatCount(answer.inputTokens ?? null)}→${formatCount(answer.outputTokens)}`;
}

function finishOf(answer: Answer | undefined): string {
  if (!answer) return NONE;
  return oneLine([answer.finish, answer.cached && "from the cache"].filter(Boolean).join(", ")) || NONE;
}
