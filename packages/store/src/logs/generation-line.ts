import { styleText } from "node:util";
import type { GenerationSummary } from "@flywheel/protocol";
import { harmless } from "./terminal-text.ts";

/**
 * One generation on one line, as `flywheel dev` and `flywheel logs` print it:
 * `12:04:31  local/spark  200  ttft 41 ms  312 tok/s  38→52 tok  $0  gen_0199…`
 */
export function generationLine(generation: GenerationSummary, color: boolean): string {
  const paint = (style: "red" | "yellow" | "dim", text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const { status, http_status, usage_input_tokens: input, usage_output_tokens: output } = generation;
  const outcome = status === "ok" ? String(http_status) : `${http_status} ${status}`;
  return [
    paint("dim", new Date(generation.time).toTimeString().slice(0, 8)),
    harmless(`${generation.provider_name}/${generation.provider_model}`),
    status === "ok" ? outcome : paint(status === "client_aborted" ? "yellow" : "red", outcome),
    generation.error_code && paint("red", generation.error_code),
    generation.stream &&
      generation.time_to_first_chunk !== null &&
      `ttft ${Math.round(generation.time_to_first_chunk * 1000)} ms`,
    tokensPerSecond(generation),
    (input !== null || output !== null) &&
      `${input ?? "?"}→${output ?? "?"} tok${generation.usage_estimated ? " (estimated)" : ""}`,
    dollars(generation.cost_nano),
    generation.shadow_of !== "" && paint("dim", "shadow"),
    paint("dim", generation.id),
  ]
    .filter(Boolean)
    .join("  ");
}

/** Over the time in which they came: after the first chunk of a stream, all of it otherwise. */
function tokensPerSecond({
  usage_output_tokens: tokens,
  duration,
  stream,
  time_to_first_chunk: first,
}: GenerationSummary): string | false {
  const seconds = stream ? duration - (first ?? 0) : duration;
  if (!tokens || tokens < 2 || seconds <= 0) return false;
  return `${Math.round(tokens / seconds)} tok/s`;
}

/** Nano-dollars as dollars with as many digits as matter; unknown is said, never shown as free. */
export function dollars(nano: number | null): string {
  if (nano === null) return "$?";
  if (nano === 0) return "$0";
  const value = nano / 1e9;
  return `$${value >= 1 ? value.toFixed(2) : value.toPrecision(2).replace(/0+$/, "")}`;
}
