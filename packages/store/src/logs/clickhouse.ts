import {
  ClickHouseError,
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from "@clickhouse/client";
import {
  type EventPage,
  type EventQuery,
  type EventRow,
  FlywheelError,
  type Generation,
  type GenerationPage,
  type GenerationQuery,
  type GenerationTotals,
  timeOfId,
} from "@flywheel/protocol";
import { eventPage, eventsStatement, type RawEventRow, toEventRow } from "./events.ts";
import {
  fromGenerationRow,
  fromSummaryRow,
  GENERATION_COLUMNS,
  type GenerationRow,
  SUMMARY_COLUMNS,
  type SummaryRow,
  toRow,
} from "./generation-columns.ts";
import { beyond, type Cursor, generationFilter } from "./generation-filter.ts";
import type { LogStore } from "./log-store.ts";
import { migrate } from "./migrations.ts";
import {
  type RawTrialAnswer,
  type RawTrialEvent,
  trialAnswersStatement,
  trialEventsStatement,
  trialRows,
  type TrialRows,
  type TrialRowsQuery,
} from "./trials.ts";
import {
  fromUsageRow,
  type RawUsageRow,
  USAGE_SETTINGS,
  type UsageRow,
  type UsageRowsQuery,
  usageStatement,
} from "./usage.ts";

export interface LogStoreConnection {
  /** Of a ClickHouse server's HTTP interface, or of our front. */
  url: string;
  username?: string;
  password?: string;
  database?: string;
  /** Table engine: `ReplicatedMergeTree` on a cluster. */
  engine?: string;
}

/** ClickHouse's numbers for "these bytes cannot become rows": parsing, type and range errors, and too many bytes. */
const BAD_ROWS = new Set([
  6, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 307, 321, 349, 376, 407, 441, 467, 675, 676,
]);
/** Too many queries, time or memory used up, being started or stopped. */
const BUSY = new Set([159, 202, 236, 241, 252, 394]);

/** Nothing is left out, filled in or done later without our knowing. */
const STRICT_INSERT = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  input_format_skip_unknown_fields: 0,
  input_format_null_as_default: 0,
  // Parsed in parallel, a row may have 100 MB at most.
  input_format_parallel_parsing: 0,
} as const;

/** With it on, the newest rows with some words take 50 times as long: the filter on time comes before the text index. */
const READ = { use_top_k_dynamic_filtering: 0 } as const;

const ID_WINDOW_MS = 3_600_000;
const DEFAULT_LIMIT = 50;

/** A log store over HTTP. Nothing is sent before the first call. */
export function createLogStore(connection: LogStoreConnection): LogStore {
  const { url, username = "default", password = "", database = "flywheel", engine = "MergeTree" } = connection;
  const shared = {
    url,
    username,
    password,
    request_timeout: 120_000,
    // Errors are thrown; what to print of them is for whoever catches them.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, date_time_input_format: "basic" },
  } as const;
  const server = createClient(shared);
  const client = createClient({ ...shared, database });
  let migrated: Promise<void> | undefined;

  /** Run against an up-to-date database, with errors in our words. */
  async function use<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      migrated ??= migrate(server, client, database, engine);
      await migrated.catch((error: unknown) => {
        migrated = undefined;
        throw error;
      });
      return await work(client);
    } catch (error) {
      throw inOurWords(error);
    }
  }

  return {
    migrate: () => use(async () => {}),
    insert: (rows, token) => use((client) => insert(client, rows, token)),
    insertEvents: (rows, token) => use((client) => insertEvents(client, rows, token)),
    listEvents: (query) => use((client) => listEvents(client, query)),
    list: (query) => use((client) => list(client, query)),
    get: (id) => use((client) => get(client, id)),
    getMany: (ids) => use((client) => getMany(client, ids)),
    totals: (query) => use((client) => totals(client, query)),
    usage: (query) => use((client) => usage(client, query)),
    trialRows: (trial) => use((client) => readTrial(client, trial)),
    dropBefore: (time) => use((client) => dropBefore(client, time)),
    deleteProject: (project) => use((client) => deleteProject(client, project)),
    ping: async () => (await server.ping({ select: true })).success,
    async close() {
      await Promise.all([server.close(), client.close()]);
    },
  };
}

function insert(client: ClickHouseClient, rows: readonly Generation[], token: string): Promise<void> {
  return insertInto(client, "generations", rows.map(toRow), token);
}

/** How many ids fit into one address. */
const IDS_PER_QUERY = 100;

async function insertEvents(client: ClickHouseClient, rows: readonly EventRow[], token: string): Promise<void> {
  // The first of an id counts, in a batch as in the table.
  const fresh = new Map<string, EventRow>();
  for (const row of rows) if (!fresh.has(`${row.project} ${row.id}`)) fresh.set(`${row.project} ${row.id}`, row);
  const ids = rows.map(({ id }) => id);
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY) {
    const known = await select<{ project: string; id: string }>(
      client,
      "SELECT project, id FROM events WHERE id IN {ids:Array(String)}",
      { ids: ids.slice(at, at + IDS_PER_QUERY) },
    );
    for (const { project, id } of known) fresh.delete(`${project} ${id}`);
  }
  await insertInto(client, "events", Array.from(fresh.values(), toEventRow), token);
}

async function listEvents(client: ClickHouseClient, query: EventQuery): Promise<EventPage> {
  const { sql, parameters } = eventsStatement(query);
  return eventPage(await select<RawEventRow>(client, sql, parameters), query);
}

async function insertInto(
  client: ClickHouseClient,
  table: "generations" | "events",
  values: Record<string, unknown>[],
  token: string,
): Promise<void> {
  if (values.length === 0) return;
  try {
    await client.insert({
      table,
      values,
      format: "JSONEachRow",
      clickhouse_settings: { ...STRICT_INSERT, insert_deduplication_token: token },
    });
  } catch (error) {
    // A RangeError: more text than one string can hold.
    if (error instanceof RangeError || (error instanceof ClickHouseError && BAD_ROWS.has(Number(error.code))))
      throw new FlywheelError("rows_rejected", { reason: error.message }, { cause: error });
    throw error;
  }
}

async function list(client: ClickHouseClient, query: GenerationQuery): Promise<GenerationPage> {
  const { limit = DEFAULT_LIMIT, before, after } = query;
  const filters = [generationFilter(query)];
  if (before !== undefined) filters.push(beyond("<", "before", await locate(client, before)));
  if (after !== undefined) filters.push(beyond(">", "after", await locate(client, after)));
  const order = after === undefined ? "DESC" : "ASC";
  const rows = await select<SummaryRow>(
    client,
    `SELECT ${SUMMARY_COLUMNS} FROM generations WHERE ${filters.map(({ where }) => where).join(" AND ")} ORDER BY time ${order}, id ${order} LIMIT {limit:UInt32}`,
    Object.assign({ limit: limit + 1 }, ...filters.map(({ parameters }) => parameters)),
  );
  const data = rows.slice(0, limit).map(fromSummaryRow);
  return rows.length > limit ? { data, next: data.at(-1)!.id } : { data };
}

/** Where in time a row is. A row that is not here (yet, or any more) is placed by the time within its id. */
async function locate(client: ClickHouseClient, id: string): Promise<Cursor> {
  const [row] = await selectById<{ time_ms: number }>(client, "toUnixTimestamp64Milli(time) AS time_ms", id);
  return { id, time: row?.time_ms ?? timeOfId(id) };
}

async function get(client: ClickHouseClient, id: string): Promise<Generation | undefined> {
  const [row] = await selectById<GenerationRow>(client, GENERATION_COLUMNS, id);
  return row && fromGenerationRow(row);
}

/** Those whose ids tell their time first, which leaves out most days; then the others everywhere. */
async function getMany(client: ClickHouseClient, ids: readonly string[]): Promise<Generation[]> {
  const found = new Map<string, Generation>();
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY) {
    const some = ids.slice(at, at + IDS_PER_QUERY);
    const times = some.map(timeOfId).filter((time) => time !== undefined);
    const window = { from: Math.min(...times) - ID_WINDOW_MS, to: Math.max(...times) + ID_WINDOW_MS };
    if (times.length > 0) for (const one of await selectMany(client, some, window)) found.set(one.id, one);
    const missing = some.filter((id) => !found.has(id));
    if (missing.length > 0) for (const one of await selectMany(client, missing)) found.set(one.id, one);
  }
  return [...found.values()];
}

async function selectMany(
  client: ClickHouseClient,
  ids: readonly string[],
  window?: { from: number; to: number },
): Promise<Generation[]> {
  const near = "time BETWEEN fromUnixTimestamp64Milli({from:Int64}) AND fromUnixTimestamp64Milli({to:Int64}) AND ";
  const sql = `SELECT ${GENERATION_COLUMNS} FROM generations WHERE ${window ? near : ""}id IN {ids:Array(String)}`;
  return (await select<GenerationRow>(client, sql, { ids, ...window })).map(fromGenerationRow);
}

/** Look within an hour of the time in the id first, which leaves out all but a day or two; then everywhere. */
async function selectById<T>(client: ClickHouseClient, columns: string, id: string): Promise<T[]> {
  const sql = `SELECT ${columns} FROM generations WHERE id = {id:String}`;
  const minted = timeOfId(id);
  if (minted !== undefined) {
    const near = "time BETWEEN fromUnixTimestamp64Milli({from:Int64}) AND fromUnixTimestamp64Milli({to:Int64})";
    const rows = await select<T>(client, `${sql} AND ${near} LIMIT 1`, {
      id,
      from: minted - ID_WINDOW_MS,
      to: minted + ID_WINDOW_MS,
    });
    if (rows.length > 0) return rows;
  }
  return select<T>(client, `${sql} LIMIT 1`, { id });
}

async function totals(client: ClickHouseClient, query: GenerationQuery): Promise<GenerationTotals> {
  const { where, parameters } = generationFilter(query);
  const sums = `count() AS generations, countIf(status != 'ok') AS errors, ifNull(sum(usage_input_tokens), 0) AS input_tokens,
    ifNull(sum(usage_output_tokens), 0) AS output_tokens, ifNull(sum(generations.cost_nano), 0) AS cost_nano`;
  const [row] = await select<GenerationTotals>(client, `SELECT ${sums} FROM generations WHERE ${where}`, parameters);
  return row!;
}

async function usage(client: ClickHouseClient, query: UsageRowsQuery): Promise<UsageRow[]> {
  const { sql, parameters } = usageStatement(query);
  return (await select<RawUsageRow>(client, sql, parameters, USAGE_SETTINGS)).map(fromUsageRow);
}

async function readTrial(client: ClickHouseClient, trial: TrialRowsQuery): Promise<TrialRows> {
  const [asked, heard] = [trialAnswersStatement(trial), trialEventsStatement(trial)];
  // What was said first: then nothing is said of an answer that is not there.
  const events = await select<RawTrialEvent>(client, heard.sql, heard.parameters);
  return trialRows(await select<RawTrialAnswer>(client, asked.sql, asked.parameters), events);
}

async function dropBefore(client: ClickHouseClient, time: Date): Promise<number> {
  const first = time.toISOString().slice(0, 10).replaceAll("-", "");
  const days = await select<{ table: "generations" | "events"; day: string }>(
    client,
    "SELECT DISTINCT table, partition_id AS day FROM system.parts WHERE active AND database = currentDatabase() AND table IN ('generations', 'events') AND partition_id < {first:String} ORDER BY day, table",
    { first },
  );
  for (const { table, day } of days)
    await client.command({ query: `ALTER TABLE ${table} DROP PARTITION ID {day:String}`, query_params: { day } });
  return new Set(days.map(({ day }) => day)).size;
}

async function deleteProject(client: ClickHouseClient, project: string): Promise<number> {
  const { generations } = await totals(client, { project, shadows: true });
  for (const table of ["generations", "events"])
    await client.command({
      query: `DELETE FROM ${table} WHERE project = {project:String}`,
      query_params: { project },
      clickhouse_settings: { lightweight_deletes_sync: "2" },
    });
  return generations;
}

async function select<T>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown>,
  settings: ClickHouseSettings = {},
): Promise<T[]> {
  const clickhouse_settings = { ...READ, ...settings };
  return (await client.query({ query, query_params, format: "JSONEachRow", clickhouse_settings })).json<T>();
}

function inOurWords(error: unknown): FlywheelError {
  if (error instanceof FlywheelError) return error;
  if (!(error instanceof ClickHouseError)) return new FlywheelError("store_unavailable", {}, { cause: error });
  if (BUSY.has(Number(error.code))) return new FlywheelError("overloaded", { what: "the log store" }, { cause: error });
  return new FlywheelError("internal", { reason: `the log store says: ${error.message}` }, { cause: error });
}
