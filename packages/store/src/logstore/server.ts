import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { answer, type Front } from "./answer.ts";
import { openEngine } from "./engine.ts";
import { createLane } from "./lane.ts";
import { checkSecret } from "./secret.ts";
import { openUploads } from "./upload.ts";

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
/** Three for everything and one for inserts alone, so that no query can hold up what was accepted. */
const GENERAL_LANES = 3;

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
    isAllowed: checkSecret(secret),
  };
  const broken = await engine.brokenParts();
  if (broken.length > 0)
    onWarning(`${broken.length} damaged parts of the log store were set aside: ${broken.slice(0, 3).join(", ")}`);

  const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 15_000 }, (request, response) => {
    if (request.url === "/ping") return void response.end("Ok.\n");
    void answer(front, request, response);
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
