import { oneLine } from "../../text/escape.ts";
import { formatCount, formatSeconds } from "../../text/format.ts";
import type { TestResult } from "./test-call.ts";

interface TestButtonProps {
  model: string;
  result: TestResult | undefined;
  onTest(model: string): void;
}

export function TestButton({ model, result, onTest }: TestButtonProps) {
  const running = result?.state === "running";
  return (
    <button
      type="button"
      className="button small"
      aria-label={`Test ${oneLine(model)}`}
      aria-busy={running}
      disabled={running}
      onClick={() => onTest(model)}
    >
      {running ? "Testing" : "Test"}
    </button>
  );
}

/** What a tiny real call gave: how fast it was, or what went wrong. */
export function TestOutcome({ result }: { result: TestResult }) {
  if (result.state === "running") return <span className="note">Waiting for the model …</span>;
  if (result.state === "failed") {
    return (
      <span className="test-failed">
        <span aria-hidden="true">✕</span> {oneLine(result.message)}
      </span>
    );
  }
  const { firstMs, ms, outputTokens } = result.answer;
  const figures = [
    firstMs !== undefined && `TTFT ${formatSeconds(firstMs / 1000)}`,
    `whole answer ${formatSeconds(ms / 1000)}`,
    outputTokens !== undefined && `${formatCount(outputTokens)} tokens`,
  ];
  return (
    <span>
      <span aria-hidden="true">●</span> It answers: {figures.filter(Boolean).join(" · ")}
    </span>
  );
}
