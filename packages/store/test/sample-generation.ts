import { type Generation, newId } from "@flywheel/protocol";

/** A generation like any other, with what a test cares about. */
export function sampleGeneration(changes: Partial<Generation> = {}): Generation {
  const time = changes.time ?? Date.now();
  return {
    id: newId("gen", time), time, project: "default", environment: "dev", key_id: "key_1", operation_name: "chat",
    request_model: "fast", route: "fast", provider_name: "local", provider_model: "spark", response_model: "spark-v0",
    response_id: "chatcmpl-1", request_dialect: "openai-chat", response_dialect: "openai-chat", stream: false, status: "ok", http_status: 200, error_code: "", error_message: "",
    finish_reason: "stop", usage_input_tokens: 38, usage_output_tokens: 52, usage_cache_read_input_tokens: null,
    usage_cache_creation_input_tokens: null, usage_reasoning_output_tokens: null, usage_estimated: false, cost_nano: 0,
    cost_source: "local", price_version: "2026-11", duration: 0.75, time_to_first_chunk: 0.0425, attempts: 1,
    cache_status: "off", trace_id: "", conversation_id: "", user_id: "", user_agent: "curl/8",
    trial_id: "", trial_arm: "", trial_unit: "", shadow_of: "", input_preview: "hello",
    output_preview: "hi", input_text: "hello there", output_text: "hi, how can I help?", request_body: "{}",
    response_body: "{}", usage_raw: "", attempt_list: [], redactions: 0, ...changes,
  }; // prettier-ignore
}

/** As many as asked for, a second apart from `start` on, oldest first. */
export function sampleGenerations(
  count: number,
  start: number,
  changes: (i: number) => Partial<Generation> = () => ({}),
): Generation[] {
  return Array.from({ length: count }, (_, i) => sampleGeneration({ time: start + i * 1000, ...changes(i) }));
}
