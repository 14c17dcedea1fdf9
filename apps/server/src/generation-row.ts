import type { Redactor } from "@flywheel/guard";
import type { BeginHead, Config, Cost, EndHead, Generation, GenerationDetail } from "@flywheel/protocol";
import { type DecodedResponse, DIALECTS } from "@flywheel/providers";
import { price } from "@flywheel/providers/price";

const PREVIEW_LENGTH = 200;
const utf8 = new TextDecoder();

/**
 * One row from its two records: decoded, redacted, priced. The same records always give the same row, since a batch
 * may have to be inserted again. `end` is `null` where the gateway died in the middle.
 */
export function generationRow(
  begin: BeginHead,
  rawRequest: Uint8Array,
  end: EndHead | null,
  rawResponse: Uint8Array,
  config: Config,
  redactor: Redactor,
): Generation {
  const request = DIALECTS[begin.dialect].decodeRequest(rawRequest);
  const response = end ? DIALECTS[end.dialect].decodeResponse(rawResponse, end.content_type) : undefined;
  const inputText = redactor.text(request.input_text);
  const outputText = redactor.text(response?.output_text ?? "");
  const requestBody = redactor.body(utf8.decode(rawRequest));
  const responseBody = redactor.body(utf8.decode(rawResponse));
  const lastUser = redactor.text(request.messages.findLast(({ role }) => role === "user")?.text ?? "");
  const errorMessage = redactor.text(end?.error?.message ?? "");
  return {
    id: begin.id,
    time: begin.time,
    project: begin.project,
    environment: begin.environment,
    key_id: begin.key_id,
    operation_name: begin.operation,
    request_model: begin.request_model,
    route: begin.route,
    provider_name: end?.provider ?? begin.provider,
    provider_model: end?.model ?? begin.model,
    request_dialect: begin.dialect,
    response_dialect: end?.dialect ?? begin.dialect,
    stream: begin.stream,
    status: end?.status ?? "interrupted",
    http_status: end?.http_status ?? 0,
    error_code: end?.error?.code ?? "",
    error_message: errorMessage.text,
    ...outcome(begin, end, response, config),
    duration: end?.duration ?? 0,
    time_to_first_chunk: end?.time_to_first_chunk ?? null,
    attempts: end?.attempts.length ?? 1,
    attempt_list: end?.attempts ?? [],
    cache_status: end?.cache ?? "off",
    trace_id: begin.trace_id ?? "",
    conversation_id: redactor.text(begin.conversation_id ?? "").text,
    user_id: redactor.text(begin.user_id ?? "").text,
    user_agent: redactor.text(begin.user_agent ?? "").text,
    trial_id: begin.trial?.id ?? "",
    trial_arm: begin.trial?.arm ?? "",
    trial_unit: begin.trial?.unit ?? "",
    shadow_of: begin.shadow_of ?? "",
    input_preview: preview(lastUser.text),
    output_preview: preview(outputText.text),
    input_text: inputText.text,
    output_text: outputText.text,
    request_body: requestBody.text,
    response_body: responseBody.text,
    redactions: requestBody.count + responseBody.count,
  };
}

type Outcome = Pick<
  Generation,
  | "response_model"
  | "response_id"
  | "finish_reason"
  | "usage_input_tokens"
  | "usage_output_tokens"
  | "usage_cache_read_input_tokens"
  | "usage_cache_creation_input_tokens"
  | "usage_reasoning_output_tokens"
  | "usage_estimated"
  | "usage_raw"
  | "cost_nano"
  | "cost_source"
  | "price_version"
>;

/** Nobody was asked, so nobody sends a bill. */
const CACHED: Cost = { cost_nano: 0, cost_source: "cache", price_version: "" };

function outcome(
  begin: BeginHead,
  end: EndHead | null,
  response: DecodedResponse | undefined,
  config: Config,
): Outcome {
  const usage = response?.usage ?? null;
  const cost =
    end?.cache === "hit"
      ? CACHED
      : price(
          {
            provider: end?.provider ?? begin.provider,
            model: end?.model ?? begin.model,
            response_model: response?.response_model,
            usage,
            provider_cost_nano: response?.provider_cost_nano,
            time: begin.time,
          },
          config.prices,
        );
  return {
    response_model: response?.response_model ?? "",
    response_id: response?.response_id ?? "",
    finish_reason: response?.finish_reason ?? "",
    usage_input_tokens: usage?.input_tokens ?? null,
    usage_output_tokens: usage?.output_tokens ?? null,
    usage_cache_read_input_tokens: usage?.cache_read_input_tokens ?? null,
    usage_cache_creation_input_tokens: usage?.cache_creation_input_tokens ?? null,
    usage_reasoning_output_tokens: usage?.reasoning_output_tokens ?? null,
    usage_estimated: false,
    usage_raw: response?.usage_raw ?? "",
    ...cost,
  };
}

/** A stored row taken apart into messages for a person to read. */
export function displayOf(generation: Generation): Pick<GenerationDetail, "messages" | "output"> {
  const request = DIALECTS[generation.request_dialect].decodeRequest(Buffer.from(generation.request_body));
  const response = DIALECTS[generation.response_dialect].decodeResponse(
    Buffer.from(generation.response_body),
    generation.stream ? "text/event-stream" : "application/json",
  );
  return { messages: request.messages, output: response.message };
}

function preview(text: string): string {
  return text.length <= PREVIEW_LENGTH ? text : `${text.slice(0, PREVIEW_LENGTH - 1)}…`;
}
