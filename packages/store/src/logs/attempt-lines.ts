import { type Attempt, explainAttempt } from "@flywheel/protocol";
import { harmless } from "./terminal-text.ts";

/** Who was asked, what came of it, and why, as `flywheel logs <id>` prints it. */
export function attemptLines(attempts: readonly Attempt[]): string[] {
  if (attempts.length === 0) return [];
  const lines = attempts.flatMap((attempt) => [
    `  ${attempt.provider}/${attempt.model}  ${result(attempt)}  ${attempt.ended_ms - attempt.started_ms} ms`,
    ...explainAttempt(attempt).map((line) => `    ${line}`),
  ]);
  return ["", "attempts", ...lines.map((line) => harmless(line.replaceAll("\n", " ")))];
}

function result({ status, error, message, fault }: Attempt): string {
  const rehearsed = fault === undefined ? "" : ` (rehearsed: ${fault})`;
  const why = message === undefined ? "" : `: ${message.slice(0, MESSAGE_LENGTH)}`;
  return `${[status, error].filter(Boolean).join(" ") || "no answer"}${rehearsed}${why}`;
}

const MESSAGE_LENGTH = 200;
