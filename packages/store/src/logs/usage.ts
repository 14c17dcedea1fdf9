import { type UsageFigures, type UsageGroup, type UsageQuery, type UsageStep } from "@flywheel/protocol";
import { type Filter, generationFilter } from "./generation-filter.ts";

/** What is asked of the store at once: figures by group, by stretch of time, by both, or over all. */
export interface UsageRowsQuery extends UsageQuery {
  /** Only these groups. */
  names?: readonly string[];
  limit?: number;
}

/** Figures with what they are of: `name` where asked `by` something, `time` where asked in steps. */
export interface UsageRow extends UsageFigures {
  name: string;
  time: number;
}

const NAMES = {
  model: "if(provider_model = '', '', concat(provider_name, '/', provider_model))",
  provider: "provider_name",
  key: "key_id",
  cache: "cache_status",
} satisfies Record<UsageGroup, string>;

const STARTS = {
  minute: "toStartOfMinute(time, {zone:String})",
  hour: "toStartOfHour(time, {zone:String})",
  day: "toStartOfDay(time, {zone:String})",
} satisfies Record<UsageStep, string>;

const WRITING = "duration - if(stream, ifNull(time_to_first_chunk, 0), 0)";
const SUCCEEDED = "status = 'ok'";

/** Columns that {@link fromUsageRow} reads. Names differ from the table's, which an alias would hide. */
const FIGURES = `
  count() AS generations,
  countIf(status IN ('error', 'partial', 'interrupted')) AS errors,
  countIf(status = 'client_aborted') AS aborted,
  countIf(cache_status = 'hit') AS cached,
  quantilesTDigestIf(0.5, 0.95, 0.99)(duration, ${SUCCEEDED}) AS durations,
  quantilesTDigestIf(0.5, 0.95, 0.99)(ifNull(time_to_first_chunk, 0), ${SUCCEEDED} AND stream AND isNotNull(time_to_first_chunk)) AS first_chunks,
  quantileTDigestIf(0.5)(ifNull(usage_output_tokens, 0) / (${WRITING}), ${SUCCEEDED} AND cache_status != 'hit' AND usage_output_tokens > 1 AND ${WRITING} > 0) AS rate,
  ifNull(sum(usage_input_tokens), 0) AS input_tokens,
  ifNull(sum(usage_output_tokens), 0) AS output_tokens,
  ifNull(sum(usage_cache_read_input_tokens), 0) AS cache_read,
  ifNull(sum(usage_cache_creation_input_tokens), 0) AS cache_creation,
  ifNull(sum(generations.cost_nano), 0) AS nano,
  countIf(isNull(generations.cost_nano) AND (usage_input_tokens > 0 OR usage_output_tokens > 0)) AS unpriced`;

type Triple = [p50: number | null, p95: number | null, p99: number | null];

export interface RawUsageRow {
  name: string;
  time_s: number;
  generations: number;
  errors: number;
  aborted: number;
  cached: number;
  durations: Triple;
  first_chunks: Triple;
  rate: number | null;
  input_tokens: number;
  output_tokens: number;
  cache_read: number;
  cache_creation: number;
  nano: number;
  unpriced: number;
}

/** A quantile of nothing is not a number; let it come as `null`. */
export const USAGE_SETTINGS = { output_format_json_quote_denormals: 0 } as const;

/** The whole statement. Groups come largest first, stretches oldest first. */
export function usageStatement(query: UsageRowsQuery): { sql: string; parameters: Filter["parameters"] } {
  const { by, step, zone = "UTC", names, limit, ...filters } = query;
  const { where, parameters } = generationFilter(filters);
  const name = by === undefined ? "''" : NAMES[by];
  const time = step === undefined ? "0" : `toUnixTimestamp(${STARTS[step]})`;
  const only = names === undefined ? "" : ` AND ${name} IN {names:Array(String)}`;
  const keys = [by !== undefined && "name", step !== undefined && "time_s"].filter(Boolean).join(", ");
  const sql = [
    `SELECT ${name} AS name, ${time} AS time_s, ${FIGURES} FROM generations WHERE ${where}${only}`,
    keys && `GROUP BY ${keys}`,
    step === undefined ? "ORDER BY generations DESC, name" : "ORDER BY time_s",
    limit !== undefined && "LIMIT {limit:UInt32}",
  ];
  return {
    sql: sql.filter(Boolean).join(" "),
    parameters: {
      ...parameters,
      ...(step !== undefined && { zone }),
      ...(names !== undefined && { names }),
      ...(limit !== undefined && { limit }),
    },
  };
}

export function fromUsageRow(row: RawUsageRow): UsageRow {
  const { time_s, durations, first_chunks, rate, cache_read, cache_creation, nano, ...figures } = row;
  return {
    ...figures,
    time: time_s * 1000,
    duration: quantiles(durations),
    time_to_first_chunk: quantiles(first_chunks),
    tokens_per_second: rate,
    cache_read_input_tokens: cache_read,
    cache_creation_input_tokens: cache_creation,
    cost_nano: nano,
  };
}

const quantiles = ([p50, p95, p99]: Triple) => ({ p50, p95, p99 });
