import { exception } from "./exception.ts";

/** URL parameters that speak of the HTTP exchange; they are no settings of the engine. */
const HTTP_PARAMETERS = new Set([
  "query", "database", "default_format", "query_id", "enable_http_compression", "wait_end_of_query", "buffer_size",
  "send_progress_in_http_headers", "http_headers_progress_interval_ms", "http_write_exception_in_output_format",
  "cancel_http_readonly_queries_on_client_close", "quota_key",
]); // prettier-ignore

/** Asked for, these would be silently wrong here, so they are refused. */
const UNSUPPORTED = new Set([
  "session_id",
  "session_check",
  "session_timeout",
  "compress",
  "decompress",
  "role",
  "user",
  "password",
]);

/** What a request may set: how it reads, writes, bounds and deduplicates. Nothing about files, network or users. */
const ALLOWED =
  /^(?:max_\w+|min_\w+|input_format_\w+|output_format_\w+|date_time_\w+_format|format_\w+|insert_dedupli\w+|insert_null_as_default|deduplicate_blocks_in_dependent_materialized_views|async_insert\w*|wait_for_async_insert\w*|query_plan_\w+|optimize_\w+|use_\w+|enable_\w+|join_\w+|group_by_\w+|mutations_sync|alter_sync|lightweight_\w+|readonly|priority|final|session_timezone|prefer_column_name_to_alias|result_overflow_mode|read_overflow_mode|timeout_overflow_mode|extremes|limit|offset|allow_experimental_\w+|apply_\w+|force_\w+|log_queries|distributed_\w+)$/;

export interface RequestSettings {
  settings: Map<string, string>;
  /** Values of `{name:Type}` placeholders, escaped as the client sent them (which is how the engine reads them). */
  parameters: Map<string, string>;
}

/** The settings and query parameters in a URL. Throws where one is not allowed. */
export function readSettings(search: URLSearchParams): RequestSettings {
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of search) {
    if (name.startsWith("param_")) parameters.set(parameterName(name.slice("param_".length)), value);
    else if (UNSUPPORTED.has(name)) throw exception("NOT_IMPLEMENTED", `'${name}' is not supported here.`);
    else if (HTTP_PARAMETERS.has(name)) continue;
    else if (ALLOWED.test(name)) settings.set(name, value);
    else throw exception("READONLY", `The setting '${name}' cannot be changed here.`);
  }
  return { settings, parameters };
}

function parameterName(name: string): string {
  if (!/^\w+$/.test(name))
    throw exception("BAD_REQUEST_PARAMETER", "The name of a query parameter may hold letters, digits and _ only.");
  return name;
}
