import { randomUUID, timingSafeEqual, createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Engine, type EngineQuery, openEngine } from "./engine.ts";
import { exception, isFatal, toException } from "./exception.ts";
import { createLane, type Lane } from "./lane.ts";
import { createReply, type Reply } from "./reply.ts";
import { readSettings } from "./settings.ts";
import { formatOf, insertFromFile, insertTarget, isRowFormat, readStatement, type Statement } from "./statement.ts";
import { openUploads, readText, type Uploads } from "./upload.ts";

export interface LogStoreOptions {
  /** Folder that is ours alone; made if absent. */
  path: string;
  /** 0 = a free one. Only 127.0.0.1 is listened on. */
  port?: number;
  /** Password every request must bring (Basic, or `x-clickhouse-key`), with any user name. */
  secret: string;
  /** What the engine may use for data, of which one query may take half. */
  memoryBytes?: number;
  /** Largest request body, after decompression. */
  maxBodyBytes?: number;
  /** Requests that may wait for their turn, beyond which they are refused. */
  maxWaiting?: number;
  /** Told, in a line, what a person should know. */
  onWarning?: (line: string) => void;
}

export interface LogStoreServer {
  url: string;
  port: number;
  /** Stop reads, let inserts finish, and close the engine. */
  close(): Promise<void>;
}

const GB = 1024 ** 3;
const MAX_SQL_BYTES = 1024 * 1024;
const MAX_RESULT_BYTES = 256 * 1024 * 1024;
/** Three for everything and one for inserts alone, so that no query can hold up what was accepted. */
const GENERAL_LANES = 3;

interface Front {
  engine: Engine;
  uploads: Uploads;
  general: Lane;
  inserts: Lane;
  /** Reads that run now. */
  reads: Set<string>;
  memoryBytes: number;
}

/**
 * Serve chDB over the ClickHouse HTTP protocol on loopback. Throws a `FlywheelError` with code `conflict` where another
 * process has the folder, or `store_damaged` where it cannot be opened. One per process, and nothing else in it.
 */
export async function serveLogStore(options: LogStoreOptions): Promise<LogStoreServer> {
  const {
    path,
    port = 0,
    secret,
    memoryBytes = 1.5 * GB,
    maxBodyBytes = GB / 4,
    maxWaiting = 64,
    onWarning = console.error,
  } = options;
  const engine = openEngine(path, memoryBytes);
  const uploads = openUploads(join(path, "uploads"), maxBodyBytes);
  const front: Front = {
    engine,
    uploads,
    general: createLane(GENERAL_LANES, maxWaiting),
    inserts: createLane(1, maxWaiting),
    reads: new Set(),
    memoryBytes,
  };
  const broken = await engine.brokenParts();
  if (broken.length > 0)
    onWarning(`${broken.length} damaged parts of the log store were set aside: ${broken.slice(0, 3).join(", ")}`);

  const isAllowed = checkSecret(secret);
  const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 15_000 }, (request, response) => {
    if (request.url === "/ping") return void response.end("Ok.\n");
    void answer(front, request, response, isAllowed);
  });
  await listen(server, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Again and again: reads that waited begin, and connections whose answer has gone out would be kept open.
      const sweep = setInterval(() => {
        for (const id of front.reads) engine.kill(id).catch(() => {}); // It ended by itself.
        server.closeIdleConnections();
      }, 50);
      await closed;
      clearInterval(sweep);
      await engine.close();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (port !== 0 && error.code === "EADDRINUSE") listen(server, 0).then(resolve, reject);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function answer(
  front: Front,
  request: IncomingMessage,
  response: ServerResponse,
  isAllowed: (request: IncomingMessage) => boolean,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client went away")));
  response.on("error", () => {}); // The same news.
  const [path, queryString] = request.url!.split("?", 2) as [string, string?];
  const search = new URLSearchParams(queryString);
  const format = search.get("default_format") ?? "TabSeparated";
  const gzip =
    search.get("enable_http_compression") === "1" && /\bgzip\b/.test(String(request.headers["accept-encoding"]));
  const queryId = search.get("query_id") ?? randomUUID();
  let reply = createReply(response, { queryId, format, gzip, signal: gone.signal });
  try {
    if (!isAllowed(request))
      throw exception(
        "AUTHENTICATION_FAILED",
        "Authentication failed: the secret of this log store is missing or wrong.",
      );
    if (path !== "/") throw exception("BAD_REQUEST_PARAMETER", `There is nothing at ${path}.`);
    if (request.method !== "GET" && request.method !== "POST")
      throw exception("NOT_IMPLEMENTED", `The method ${request.method} is not supported here.`);
    await withStatement(front, request, search, async (statement, lane) => {
      const chosen = formatOf(statement.sql) ?? format;
      if (statement.kind !== "insert")
        reply = createReply(response, { queryId, format: chosen, gzip, signal: gone.signal });
      const query = engineQuery(front, search, statement, chosen, request.method === "GET");
      await runInLane(front, lane, query, reply, gone.signal);
    });
  } catch (error) {
    const known = toException(error);
    if (!response.destroyed) reply.fail(known);
    // Better to die and be started again than to refuse everything for ever.
    if (isFatal(known)) process.nextTick(() => { throw known; }); // prettier-ignore
  }
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
  const leave = await lane.enter(signal);
  const isRead = query.statement.kind === "read";
  if (isRead) reads.add(query.id);
  const cancelling = isRead ? cancelWhenGone(front, query.id, signal) : undefined;
  try {
    const rows = await engine.run(query, (bytes) => reply.piece(bytes));
    reply.end(
      query.statement.kind === "insert"
        ? { read_rows: String(rows), written_rows: String(rows) }
        : { read_rows: String(rows) },
    );
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

function checkSecret(secret: string): (request: IncomingMessage) => boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(secret);
  return ({ headers }) => {
    const key = headers["x-clickhouse-key"];
    const basic = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1];
    const given =
      typeof key === "string"
        ? key
        : basic
          ? Buffer.from(basic, "base64")
              .toString("utf8")
              .replace(/^[^:]*:/, "")
          : "";
    return timingSafeEqual(digest(given), wanted);
  };
}
