import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Engine, EngineQuery } from "./engine.ts";
import { exception, isFatal, toException } from "./exception.ts";
import type { Lane } from "./lane.ts";
import { createReply, type Reply } from "./reply.ts";
import { readSettings } from "./settings.ts";
import { formatOf, insertFromFile, insertTarget, isRowFormat, readStatement, type Statement } from "./statement.ts";
import { readText, type Uploads } from "./upload.ts";

/** What all requests share. */
export interface Front {
  engine: Engine;
  uploads: Uploads;
  general: Lane;
  /** For inserts with their data in the body. */
  inserts: Lane;
  /** Ids of the reads that run now. */
  reads: Set<string>;
  memoryBytes: number;
  isAllowed(request: IncomingMessage): boolean;
}

const MAX_SQL_BYTES = 1024 * 1024;
/** Of results that are held whole before they are sent. */
const MAX_RESULT_BYTES = 256 * 1024 * 1024;

/** Answer one request, whatever it holds. */
export async function answer(front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client went away")));
  response.on("error", () => {}); // The same news.
  const [path, queryString] = request.url!.split("?", 2) as [string, string?];
  const search = new URLSearchParams(queryString);
  const reply = createReply(response, {
    search,
    acceptEncoding: String(request.headers["accept-encoding"]),
    signal: gone.signal,
  });
  try {
    if (!front.isAllowed(request))
      throw exception("AUTHENTICATION_FAILED", "The secret of this log store is missing or wrong.");
    if (path !== "/") throw exception("BAD_REQUEST_PARAMETER", `There is nothing at ${path}.`);
    if (request.method !== "GET" && request.method !== "POST")
      throw exception("NOT_IMPLEMENTED", `The method ${request.method} is not supported here.`);
    await withStatement(front, request, search, (statement, lane) => {
      reply.format = formatOf(statement.sql) ?? reply.format;
      const query = engineQuery(front, search, statement, reply.format, request.method === "GET");
      return runInLane(front, lane, query, reply, gone.signal);
    });
  } catch (error) {
    const known = toException(error);
    if (!response.destroyed) reply.fail(known);
    if (isFatal(known)) die(known);
  }
}

/** Better to be started again than to refuse everything for ever. */
function die(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/** The statement of a request: in the URL, in the body, or in the URL with its data in the body. */
async function withStatement(
  front: Front,
  request: IncomingMessage,
  search: URLSearchParams,
  use: (statement: Statement, lane: Lane) => Promise<void>,
): Promise<void> {
  const inUrl = search.get("query") ?? "";
  const target = insertTarget(inUrl);
  if (target && readStatement(inUrl).kind === "insert")
    return front.uploads.hold(request, (file) =>
      use({ sql: insertFromFile(target, file), kind: "insert", streamable: false }, front.inserts),
    );
  const inBody = request.method === "GET" ? "" : await readText(request, MAX_SQL_BYTES);
  await use(readStatement([inUrl, inBody].filter(Boolean).join("\n")), front.general);
}

function engineQuery(
  front: Front,
  search: URLSearchParams,
  statement: Statement,
  format: string,
  readonly: boolean,
): EngineQuery {
  const { settings, parameters } = readSettings(search);
  const defaults: [string, string | number][] = [["max_threads", 2]];
  if (statement.kind === "read") {
    defaults.push(["max_execution_time", 60], ["max_memory_usage", Math.floor(front.memoryBytes / 2)]);
    if (!(statement.streamable && isRowFormat(format))) defaults.push(["max_result_bytes", MAX_RESULT_BYTES]);
  }
  for (const [name, value] of defaults) if (!settings.has(name)) settings.set(name, String(value));
  if (readonly) settings.set("readonly", "2");
  return { id: randomUUID(), statement, database: search.get("database") ?? "default", settings, parameters, format };
}

async function runInLane(
  front: Front,
  lane: Lane,
  query: EngineQuery,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const { engine, reads } = front;
  const { kind } = query.statement;
  const leave = await lane.enter(signal);
  const isRead = kind === "read";
  if (isRead) reads.add(query.id);
  const cancelling = isRead ? cancelWhenGone(front, query.id, signal) : undefined;
  try {
    const rows = await engine.run(query, (bytes) => reply.piece(bytes));
    reply.end({ read_rows: String(rows), written_rows: kind === "insert" ? String(rows) : "0" });
  } finally {
    reads.delete(query.id);
    cancelling?.();
    leave();
  }
}

/** Nobody waits for the result of a read whose client has gone. Asked again and again: it may not have begun yet. */
function cancelWhenGone({ engine, reads }: Front, id: string, signal: AbortSignal): () => void {
  async function cancel(): Promise<void> {
    while (reads.has(id)) {
      await engine.kill(id).catch(() => {}); // It ended by itself.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const start = () => void cancel();
  signal.addEventListener("abort", start, { once: true });
  return () => signal.removeEventListener("abort", start);
}
