import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FlywheelError } from "@flywheel/protocol";
import { drainPending, Session } from "chdb";
import { engineConfig } from "./engine-config.ts";
import { oneLine, toException } from "./exception.ts";
import { lockFolder } from "./lock.ts";
import { isRowFormat, quote, quoteName, type Statement } from "./statement.ts";

/** One statement with everything that shall hold for it alone. */
export interface EngineQuery {
  /** Ours; what {@link Engine.kill} takes. */
  id: string;
  statement: Statement;
  database: string;
  settings: ReadonlyMap<string, string>;
  parameters: ReadonlyMap<string, string>;
  format: string;
}

/** Called with the first piece of a result, and later ones; the engine waits for the returned promise. */
export type OnPiece = (bytes: Uint8Array) => Promise<void> | void;

export interface Engine {
  /** Run a statement in a session of its own. Throws an {@link Exception}. Returns the number of rows read. */
  run(query: EngineQuery, onPiece: OnPiece): Promise<number>;
  /** Ask a running statement to stop. Returns at once; the statement then fails with code 394. */
  kill(id: string): Promise<void>;
  /** Data parts that the engine set aside because it could not read them. */
  brokenParts(): Promise<string[]>;
  /** Waits for what is running. */
  close(): Promise<void>;
}

/**
 * Open chDB on `<path>/chdb`. Throws `conflict` where another process has it open, and `store_damaged` where it cannot
 * be read. One process can have one engine.
 */
export function openEngine(path: string, memoryBytes: number): Engine {
  // Each statement holds a thread of libuv's pool until it is done; with the pool's usual four, a few slow queries would
  // leave none for the KILL that ends them.
  // oxlint-disable-next-line no-restricted-properties -- libuv reads it from there, and from nowhere else
  process.env["UV_THREADPOOL_SIZE"] = "12";
  const lock = holdFolder(path);
  const folder = join(path, "chdb");
  const config = join(path, "engine.xml");
  const open = () => new Session(folder, { connectionArgs: [`--config-file=${config}`] });
  // Held so that the engine stays up between requests.
  const root = explaining(path, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(config, engineConfig(memoryBytes), { mode: 0o600 });
    return open();
  });

  /** A session costs about 1 ms. Sharing one would leak settings from a request into the next, and lose inserts by it. */
  async function withSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const session = open();
    try {
      return await use(session);
    } catch (error) {
      throw toException(error);
    } finally {
      session.close();
    }
  }

  async function ask(sql: string): Promise<string> {
    return withSession(async (session) => (await session.queryAsync(sql, { format: "TSVRaw" })).text());
  }

  return {
    run(query, onPiece) {
      return withSession(async (session) => {
        await session.queryAsync(preamble(query));
        const { statement, format } = query;
        if (statement.streamable && isRowFormat(format)) return stream(session, statement.sql, format, onPiece);
        const result = await session.queryAsync(statement.sql, { format });
        await onPiece(result.bytes());
        return result.rowsRead;
      });
    },
    // Never SYNC: that can wait for ever.
    async kill(id) {
      await ask(`KILL QUERY WHERE Settings['log_comment'] = ${quote(id)} ASYNC`);
    },
    async brokenParts() {
      const found = await ask(
        "SELECT concat(database, '.', table, ' ', name) FROM system.detached_parts WHERE startsWith(reason, 'broken')",
      );
      return found.split("\n").filter(Boolean);
    },
    async close() {
      await drainPending();
      root.close();
      await drainPending();
      lock.release();
    },
  };
}

function holdFolder(path: string): { release(): void } {
  const lock = explaining(path, () => lockFolder(path));
  if (!lock) throw new FlywheelError("conflict", { reason: `Another process has the log store in ${path} open.` });
  return lock;
}

/** The engine prints why it cannot open a folder, and tells its caller only that it cannot. */
function explaining<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const message = oneLine(error instanceof Error ? error.message : String(error));
    const reason = message.startsWith("Failed to create connection")
      ? "the engine does not accept it (see the line above)"
      : message;
    throw new FlywheelError("store_damaged", { path, reason }, { cause: error });
  }
}

/** Parameters are set in the session, not bound by the call: bound ones are shared by the whole process and race. */
function preamble({ id, database, settings, parameters }: EngineQuery): string {
  const values = [
    ...settings,
    ...[...parameters].map(([name, value]) => [`param_${name}`, value] as const),
    ["log_comment", id] as const,
  ];
  return `USE ${quoteName(database)}; SET ${values.map(([name, value]) => `${name} = ${quote(value)}`).join(", ")}`;
}

async function stream(session: Session, sql: string, format: string, onPiece: OnPiece): Promise<number> {
  let rows = 0;
  for await (const chunk of session.queryStream(sql, { format })) {
    rows += chunk.numRows;
    await onPiece(chunk.raw());
  }
  return rows;
}
