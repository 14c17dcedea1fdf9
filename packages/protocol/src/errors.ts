// oxfmt-ignore
/**
 * Every error a client can meet: HTTP status, whether trying again can help, OpenAI's `type`, and the message.
 * `{name}` in a message is filled from the parameters given to {@link FlywheelError}.
 */
export const ERRORS = {
  invalid_json: [400, false, "invalid_request_error", "The request body is not valid JSON: {reason}"],
  invalid_request: [400, false, "invalid_request_error", "{reason}"],
  unsupported_parameter: [400, false, "invalid_request_error", "`{param}` is not supported by this model: {reason}"],
  context_length_exceeded: [400, false, "invalid_request_error", "The messages take {used} tokens, but this model's context holds {limit}, the answer included."],
  too_deep: [400, false, "invalid_request_error", "The request body nests deeper than {limit} levels."],
  too_many_keys: [400, false, "invalid_request_error", "The request body has more than {limit} keys."],
  missing_key: [401, false, "authentication_error", "No API key. Send `authorization: Bearer fw_…`; `flywheel keys list` shows yours."],
  foreign_key: [401, false, "authentication_error", "This API key is none of Flywheel's. Under `flywheel dev` it is passed on where the request names a provider's model, such as `openai/gpt-4o`; for everything else send the key that `flywheel dev` prints."],
  invalid_key: [401, false, "authentication_error", "This API key is not known here, or it was revoked or has expired. `flywheel keys list` shows yours."],
  forbidden: [403, false, "permission_error", "{reason}"],
  model_not_allowed: [403, false, "permission_error", "This key may not call `{model}`. It may call {models}."],
  generation_token_invalid: [403, false, "permission_error", "{reason} Send the `flywheel-generation-token` that came with the answer."],
  origin_not_allowed: [403, false, "permission_error", "This key may not be used by pages of {origin}. `flywheel keys create <name> --publishable --origins {origin}` makes one that may."],
  host_not_allowed: [403, false, "permission_error", "Host {host} is not allowed. Use localhost, or start with --allow-host {host}."],
  cache_miss: [404, false, "invalid_request_error", "The cache holds no answer to this request, and `flywheel-cache: only` asks no provider."],
  not_found: [404, false, "invalid_request_error", "There is nothing at {path}."],
  model_not_found: [404, false, "invalid_request_error", "The model `{model}` does not exist here.{hint}"],
  endpoint_not_found: [404, false, "invalid_request_error", "There is no endpoint `{endpoint}`.{hint}"],
  dataset_not_found: [404, false, "invalid_request_error", "There is no dataset {name}. `flywheel dataset list` shows what there is."],
  file_not_found: [404, false, "invalid_request_error", "There is no file {id}. `GET /v1/files` lists what there is."],
  dataset_empty: [422, false, "invalid_request_error", "Nothing is left for a dataset: {reason}"],
  dataset_unfit: [422, false, "invalid_request_error", "The dataset {dataset} cannot be used for this: {reason}."],
  generation_not_found: [404, false, "invalid_request_error", "There is no generation {id}."],
  method_not_allowed: [405, false, "invalid_request_error", "{method} is not allowed here; use {allowed}."],
  conflict: [409, false, "invalid_request_error", "{reason}"],
  body_too_large: [413, false, "invalid_request_error", "The request body is larger than {limit} bytes."],
  headers_too_large: [431, false, "invalid_request_error", "{reason}"],
  unsupported_media_type: [415, false, "invalid_request_error", "Content type {type} is not supported; send application/json."],
  output_invalid: [502, true, "api_error", "The model's answer is no output of the endpoint `{endpoint}`: {problems}."],
  rate_limited: [429, true, "rate_limit_error", "Too many {what}. Try again in {seconds} s."],
  upstream_error: [502, true, "api_error", "{provider} answered with an error: {reason}"],
  upstream_invalid: [502, true, "api_error", "{provider} answered with something that is not a completion: {reason}"],
  upstream_unreachable: [502, true, "api_error", "{provider} could not be reached: {reason}"],
  upstream_truncated: [502, true, "api_error", "{provider} ended the answer before it was complete."],
  upstream_timeout: [504, true, "api_error", "{provider} did not answer in time ({phase}, {ms} ms)."],
  provider_unavailable: [503, true, "api_error", "{provider} is not available: {reason}"],
  model_unavailable: [503, true, "api_error", "The model `{model}` could not be loaded: {reason}"],
  overloaded: [503, true, "api_error", "Too many requests are waiting for {what}. Try again in a moment."],
  storage_full: [503, true, "api_error", "The disk of the data folder is full, so this call would not be recorded. Nothing was sent to the model."],
  disk_full: [507, true, "api_error", "The disk of the data folder is full, so nothing of this was kept. Make room, then try again."],
  store_unavailable: [503, true, "api_error", "The log store is starting or restarting. Try again in a moment."],
  server_unavailable: [503, true, "api_error", "The server process is starting or restarting. Try again in a moment."],
  data_folder: [500, false, "api_error", "The data folder {path} cannot be used: {reason}"],
  store_damaged: [500, false, "api_error", "The log store in {path} cannot be opened: {reason}"],
  rows_rejected: [422, false, "invalid_request_error", "The log store refused these rows: {reason}"],
  shutting_down: [503, true, "api_error", "The server is shutting down."],
  prompt_failed: [500, false, "api_error", "The prompt of the endpoint `{endpoint}` failed: {reason}"],
  build_replaced: [503, true, "api_error", "The project's code was replaced while this request waited. Try again."],
  training_failed: [500, false, "api_error", "Tuning failed: {reason}."],
  config_invalid: [500, false, "api_error", "{reason}"],
  internal: [500, true, "api_error", "Something went wrong on our side: {reason}"],
} as const satisfies Record<string, readonly [status: number, retryable: boolean, type: string, message: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** OpenAI's error body. All four keys are always present: the published schema requires them. */
export interface WireError {
  error: { message: string; type: string; param: string | null; code: string };
}

/** The one error class. `status`, `type` and `retryable` come from {@link ERRORS}. */
export class FlywheelError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  readonly retryable: boolean;
  /** The request field at fault, as a path such as `messages[0].content`. */
  readonly param: string | null;

  constructor(
    code: ErrorCode,
    values: Record<string, string | number> = {},
    options: { param?: string; cause?: unknown } = {},
  ) {
    const [status, retryable, type, template] = ERRORS[code];
    super(
      template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "")),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "FlywheelError";
    this.code = code;
    this.status = status;
    this.type = type;
    this.retryable = retryable;
    this.param = options.param ?? null;
  }

  toWire(): WireError {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** What the system and SQLite say where nothing more can be written. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);
const SQLITE_FULL = 13;

export function isDiskFull(error: unknown): boolean {
  const { code, errcode } = (error ?? {}) as { code?: string; errcode?: number };
  return FULL.has(code ?? "") || errcode === SQLITE_FULL;
}

/** Whatever was thrown as the one class: a full disk is told as such, what nobody foresaw is `internal`. */
export function asFlywheelError(error: unknown): FlywheelError {
  if (error instanceof FlywheelError) return error;
  if (isDiskFull(error)) return new FlywheelError("disk_full", {}, { cause: error });
  return new FlywheelError("internal", { reason: String(error) }, { cause: error });
}
