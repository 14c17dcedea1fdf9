import type { Attempt, Generation, GenerationSummary } from "@flywheel/protocol";

/** Columns of a summary. Naming each is checked by the compiler: a field added to the type must be added here. */
const SUMMARY = {
  id: 1, time: 1, project: 1, environment: 1, key_id: 1, operation_name: 1, request_model: 1, route: 1, provider_name: 1,
  provider_model: 1, response_model: 1, response_id: 1, request_dialect: 1, response_dialect: 1, stream: 1, status: 1, http_status: 1, error_code: 1,
  error_message: 1, finish_reason: 1, usage_input_tokens: 1, usage_output_tokens: 1, usage_cache_read_input_tokens: 1,
  usage_cache_creation_input_tokens: 1, usage_reasoning_output_tokens: 1, usage_estimated: 1, cost_nano: 1,
  cost_source: 1, price_version: 1, duration: 1, time_to_first_chunk: 1, attempts: 1, cache_status: 1, trace_id: 1,
  conversation_id: 1, user_id: 1, user_agent: 1, trial_id: 1, trial_arm: 1, trial_unit: 1, shadow_of: 1, input_preview: 1, output_preview: 1,
} satisfies Record<keyof GenerationSummary, 1>; // prettier-ignore

const TEXTS = {
  input_text: 1, output_text: 1, request_body: 1, response_body: 1, usage_raw: 1, attempt_list: 1, redactions: 1,
} satisfies Record<Exclude<keyof Generation, keyof GenerationSummary>, 1>; // prettier-ignore

const selected = (names: string[]) =>
  names.map((name) => (name === "time" ? "toUnixTimestamp64Milli(time) AS time_ms" : name)).join(", ");

/** What to SELECT for summaries, and for whole generations. */
export const SUMMARY_COLUMNS = selected(Object.keys(SUMMARY));
export const GENERATION_COLUMNS = selected([...Object.keys(SUMMARY), ...Object.keys(TEXTS)]);

export type SummaryRow = Omit<GenerationSummary, "time"> & { time_ms: number };
export type GenerationRow = Omit<Generation, "time" | "attempt_list"> & { time_ms: number; attempt_list: string };

export function fromSummaryRow({ time_ms, ...row }: SummaryRow): GenerationSummary {
  return { ...row, time: time_ms };
}

export function fromGenerationRow({ time_ms, attempt_list, ...row }: GenerationRow): Generation {
  return { ...row, time: time_ms, attempt_list: JSON.parse(attempt_list) as Attempt[] };
}

/** A row as JSONEachRow takes it. Half a surrogate pair (a text cut in an emoji) becomes U+FFFD: it is no UTF-8. */
export function toRow(generation: Generation): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(generation))
    row[name] = typeof value === "string" ? value.toWellFormed() : value;
  row["time"] = (generation.time / 1000).toFixed(3);
  row["attempt_list"] = JSON.stringify(generation.attempt_list).toWellFormed();
  return row;
}
