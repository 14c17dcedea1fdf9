import type { DisplayMessage, GenerationDetail } from "@flywheel/protocol";
import { oneLine } from "../../text/escape.ts";
import {
  formatCost,
  formatCount,
  formatInstant,
  formatRate,
  formatSeconds,
  NONE,
  tokensPerSecond,
} from "../../text/format.ts";

/** One fact of two generations, written out and harmless to display. */
export interface FactRow {
  label: string;
  left: string;
  right: string;
}

const FACTS: [label: string, of: (generation: GenerationDetail) => string][] = [
  ["Status", ({ status, http_status }) => `${status.replace("_", " ")}${http_status > 0 ? ` ${http_status}` : ""}`],
  ["Error", ({ error_code }) => error_code],
  ["Time", ({ time }) => formatInstant(time)],
  ["Requested model", ({ request_model }) => request_model],
  ["Provider", ({ provider_name }) => provider_name],
  ["Answering model", ({ response_model, provider_model }) => response_model || provider_model],
  ["Tokens in", ({ usage_input_tokens }) => formatCount(usage_input_tokens)],
  ["Tokens out", ({ usage_output_tokens }) => formatCount(usage_output_tokens)],
  ["Cost", ({ cost_nano }) => formatCost(cost_nano)],
  ["TTFT", ({ time_to_first_chunk }) => formatSeconds(time_to_first_chunk)],
  ["Duration", ({ duration }) => formatSeconds(duration)],
  [
    "Speed",
    (it) => formatRate(tokensPerSecond(it.usage_output_tokens, it.duration, it.time_to_first_chunk, it.stream)),
  ],
  ["Finish reason", ({ finish_reason }) => finish_reason],
  ["Attempts", ({ attempts }) => formatCount(attempts)],
  ["Cache", ({ cache_status }) => cache_status],
  ["Streamed", ({ stream }) => (stream ? "yes" : "no")],
  ["Key", ({ key_id }) => key_id],
  ["User", ({ user_id }) => user_id],
  ["Client", ({ user_agent }) => user_agent],
];

/** What is known of both; what neither has is left out. @param keyName what people call a key, by its id */
export function factRows(left: GenerationDetail, right: GenerationDetail, keyName: (id: string) => string): FactRow[] {
  return FACTS.map(([label, of]) => {
    const written = (generation: GenerationDetail) =>
      oneLine(label === "Key" ? keyName(of(generation)) : of(generation));
    return { label, left: written(left), right: written(right) };
  }).filter(notEmpty);
}

/** Texts of a request that are compared as such, and what is a fact already. */
const NO_PARAMETERS = new Set(["model", "messages", "input", "contents", "system", "stream", "prompt", "instructions"]);

/** What else both requests asked for: every other member of their bodies. */
export function parameterRows(left: GenerationDetail, right: GenerationDetail): FactRow[] {
  const [a, b] = [membersOf(left.request_body), membersOf(right.request_body)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => !NO_PARAMETERS.has(name))
    .toSorted()
    .map((name) => ({ label: oneLine(name), left: written(a[name]), right: written(b[name]) }));
}

const notEmpty = ({ left, right }: FactRow): boolean => [left, right].some((value) => value !== "" && value !== NONE);

const MOST_WRITTEN = 400;
const written = (value: unknown): string =>
  value === undefined ? "" : oneLine(JSON.stringify(value).slice(0, MOST_WRITTEN));

function membersOf(body: string): Record<string, unknown> {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The request's messages as one text, each under its role. */
export const inputText = ({ messages }: GenerationDetail): string => messages.map(messageText).join("\n\n");

/** The answer as one text, or what was said instead of one. */
export function outputText({ output, error_code, error_message }: GenerationDetail): string {
  const answer = output ? textOf(output) : "";
  return [answer, error_code && `${error_code}: ${error_message}`].filter(Boolean).join("\n\n");
}

const messageText = (message: DisplayMessage): string => `${message.role}:\n${textOf(message)}`;

function textOf({ text, reasoning, tool_calls = [] }: DisplayMessage): string {
  const calls = tool_calls.map((call) => `→ ${call.name}(${call.arguments})`);
  return [reasoning && `(reasoning)\n${reasoning}`, text, ...calls].filter(Boolean).join("\n\n");
}
