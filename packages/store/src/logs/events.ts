import type { EventPage, EventQuery, EventRow, Signal } from "@flywheel/protocol";
import type { Filter } from "./generation-filter.ts";

/** Columns of an event. Naming each is checked by the compiler. */
const COLUMNS = {
  id: 1, received: 1, time: 1, project: 1, environment: 1, key_id: 1, name: 1, generation_id: 1, user_id: 1,
  consent: 1, origin: 1, payload: 1, signals: 1,
} satisfies Record<keyof EventRow, 1>; // prettier-ignore

const TIMES = new Set(["received", "time"]);
const SELECTED = Object.keys(COLUMNS)
  .map((name) => (TIMES.has(name) ? `toUnixTimestamp64Milli(${name}) AS ${name}_ms` : name))
  .join(", ");

type RawEventRow = Omit<EventRow, "received" | "time" | "signals"> & {
  received_ms: number;
  time_ms: number;
  signals: string;
};

/** A statement with the values of its placeholders. */
export interface Statement {
  sql: string;
  parameters: Record<string, unknown>;
}

const EQUALS = {
  project: "project = {project:String}",
  generation: "generation_id = {generation:String}",
  name: "name = {name:String}",
  user: "user_id = {user:String}",
  signal: "arrayExists(one -> JSONExtractString(one, 'type') = {signal:String}, JSONExtractArrayRaw(signals))",
  from: "received >= fromUnixTimestamp64Milli({from:Int64})",
  to: "received < fromUnixTimestamp64Milli({to:Int64})",
} satisfies Partial<Record<keyof EventQuery, string>>;

const DEFAULT_LIMIT = 50;

/** One more row than the page has is asked for, to know whether there is another page. */
export function eventsStatement(query: EventQuery): Statement {
  const { where, parameters } = eventFilter(query);
  const order = query.after === undefined && !query.oldestFirst ? "DESC" : "ASC";
  return {
    sql: `SELECT ${SELECTED} FROM events WHERE ${where} ORDER BY events.received ${order}, id ${order} LIMIT {limit:UInt32}`,
    parameters: { ...parameters, limit: (query.limit ?? DEFAULT_LIMIT) + 1 },
  };
}

function eventFilter(query: EventQuery): Filter {
  const conditions: string[] = [];
  const parameters: Record<string, unknown> = {};
  for (const [name, condition] of Object.entries(EQUALS) as [keyof typeof EQUALS, string][]) {
    if (query[name] === undefined) continue;
    conditions.push(condition);
    parameters[name] = query[name];
  }
  if (query.meaningful) conditions.push("signals != '[]'");
  for (const [name, sign] of [
    ["before", "<"],
    ["after", ">"],
  ] as const) {
    if (query[name] === undefined) continue;
    // When a client minted an id says nothing of when it was received, so the row itself is asked.
    const place = `(SELECT received, id FROM events WHERE id = {${name}:String} LIMIT 1)`;
    conditions.push(`(received, id) ${sign} ${place}`);
    parameters[name] = query[name];
  }
  return { where: conditions.join(" AND ") || "true", parameters };
}

export function eventPage(rows: RawEventRow[], { limit = DEFAULT_LIMIT }: EventQuery): EventPage {
  const data = rows.slice(0, limit).map(fromRow);
  return rows.length > limit ? { data, next: data.at(-1)!.id } : { data };
}

export type { RawEventRow };

function fromRow({ received_ms, time_ms, signals, ...row }: RawEventRow): EventRow {
  return { ...row, received: received_ms, time: time_ms, signals: JSON.parse(signals) as Signal[] };
}

/** An event as JSONEachRow takes it. */
export function toEventRow(event: EventRow): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event))
    row[name] = typeof value === "string" ? value.toWellFormed() : value;
  for (const name of ["received", "time"] as const) row[name] = (event[name] / 1000).toFixed(3);
  row["signals"] = JSON.stringify(event.signals).toWellFormed();
  return row;
}
