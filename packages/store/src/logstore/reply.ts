import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Exception } from "./exception.ts";

/** The answer to one request: pieces as they come, then an end or a failure. */
export interface Reply {
  /** Of the result. Fixed once the first piece is there. */
  format: string;
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

const STALLED_MS = 60_000;

export interface ReplyOptions {
  /** Of the request. */
  search: URLSearchParams;
  acceptEncoding: string;
  /** Aborts when the client has gone. */
  signal: AbortSignal;
}

export function createReply(response: ServerResponse, { search, acceptEncoding, signal }: ReplyOptions): Reply {
  const gzip = search.get("enable_http_compression") === "1" && /\bgzip\b/.test(acceptEncoding);
  /** Marks an error behind a 200, as ClickHouse does since 25.11. */
  const tag = randomBytes(8).toString("hex");
  let out: Writable | undefined;
  response.setHeader("x-clickhouse-query-id", headerSafe(search.get("query_id")) ?? randomUUID());
  response.setHeader("x-clickhouse-timezone", "UTC");

  function start(): Writable {
    response.writeHead(200, {
      "content-type": CONTENT_TYPES[reply.format] ?? "text/plain; charset=UTF-8",
      "x-clickhouse-format": reply.format,
      "x-clickhouse-exception-tag": tag,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    });
    if (!gzip) return response;
    const compress = createGzip({ level: 1 });
    compress.pipe(response);
    return compress;
  }

  /** A client that stops reading does not keep its lane for ever. */
  async function drained(stream: Writable): Promise<void> {
    const stalled = setTimeout(() => response.destroy(), STALLED_MS);
    try {
      await once(stream, "drain", { signal });
    } finally {
      clearTimeout(stalled);
    }
  }

  const reply: Reply = {
    format: headerSafe(search.get("default_format")) ?? "TabSeparated",
    async piece(bytes) {
      signal.throwIfAborted();
      if (bytes.length === 0) return;
      out ??= start();
      if (!out.write(bytes)) await drained(out);
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
  return reply;
}

function headerSafe(text: string | null): string | undefined {
  return text && /^[\w.:-]{1,200}$/.test(text) ? text : undefined;
}
