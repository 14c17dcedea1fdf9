import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Exception } from "./exception.ts";

/** The answer to one request: pieces as they come, then an end or a failure. */
export interface Reply {
  /** Resolves when the client can take more; rejects when `signal` aborts first. */
  piece(bytes: Uint8Array): Promise<void>;
  end(summary: Record<string, string>): void;
  fail(exception: Exception): void;
}

const CONTENT_TYPES: Record<string, string> = {
  JSON: "application/json; charset=UTF-8",
  JSONCompact: "application/json; charset=UTF-8",
  JSONEachRow: "application/x-ndjson; charset=UTF-8",
  JSONCompactEachRow: "application/x-ndjson; charset=UTF-8",
  TabSeparated: "text/tab-separated-values; charset=UTF-8",
  CSV: "text/csv; charset=UTF-8",
  RowBinary: "application/octet-stream",
};

export function createReply(
  response: ServerResponse,
  options: { queryId: string; format: string; gzip: boolean; signal: AbortSignal },
): Reply {
  const { queryId, format, gzip, signal } = options;
  /** Marks an error behind a 200 (ClickHouse ≥ 25.11 does the same). */
  const tag = randomBytes(8).toString("hex");
  let out: Writable | undefined;
  response.setHeader("x-clickhouse-query-id", queryId);
  response.setHeader("x-clickhouse-timezone", "UTC");

  function start(): Writable {
    response.writeHead(200, {
      "content-type": CONTENT_TYPES[format] ?? "text/plain; charset=UTF-8",
      "x-clickhouse-format": format,
      "x-clickhouse-exception-tag": tag,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    });
    if (!gzip) return response;
    const compress = createGzip({ level: 1 });
    compress.pipe(response);
    return compress;
  }

  return {
    async piece(bytes) {
      signal.throwIfAborted();
      out ??= start();
      if (bytes.length > 0 && !out.write(bytes)) await once(out, "drain", { signal });
    },
    end(summary) {
      if (!out) response.setHeader("x-clickhouse-summary", JSON.stringify(summary));
      (out ?? start()).end();
    },
    fail({ code, status, message }) {
      if (out) {
        const text = `${message}\n`;
        out.end(`\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`);
        return;
      }
      response.writeHead(status, {
        "content-type": "text/plain; charset=UTF-8",
        "x-clickhouse-exception-code": String(code),
      });
      response.end(`${message}\n`);
    },
  };
}
