import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { unlink } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { exception } from "./exception.ts";

/** Where the data of inserts rests between the socket and the engine. */
export interface Uploads {
  /** Write a request's body to a file, give its path to `use`, and delete it whatever happens. */
  hold<T>(request: IncomingMessage, use: (file: string) => Promise<T>): Promise<T>;
}

/** Empties the folder first: it can only hold what a killed process left. */
export function openUploads(path: string, maxBytes: number): Uploads {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  let count = 0;
  return {
    async hold(request, use) {
      const file = join(path, String(++count));
      try {
        await receive(request, maxBytes, createWriteStream(file, { mode: 0o600, flags: "wx" }));
        return await use(file);
      } finally {
        await unlink(file).catch(() => {}); // It may not have been made.
      }
    },
  };
}

/** A request's body as text. */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  await receive(request, maxBytes, async (source: AsyncIterable<Buffer>) => {
    for await (const piece of source) pieces.push(piece);
  });
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * Bring a body where it belongs, unpacked. What is too large is read to its end all the same, and thrown away: who stops
 * reading must close the socket, and the client would never learn why.
 */
async function receive(
  request: IncomingMessage,
  maxBytes: number,
  sink: Writable | ((source: AsyncIterable<Buffer>) => Promise<void>),
): Promise<void> {
  let bytes = 0;
  async function* upToLimit(source: AsyncIterable<Buffer>) {
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes <= maxBytes) yield piece;
    }
  }
  await pipeline([request, ...unpacking(request), upToLimit, sink]);
  if (bytes > maxBytes) throw exception("TOO_MANY_BYTES", `The request body is larger than ${maxBytes} bytes.`);
}

function unpacking({ headers }: IncomingMessage) {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return [];
  if (encoding === "gzip") return [createGunzip()];
  throw exception("NOT_IMPLEMENTED", `Content-Encoding '${encoding}' is not supported here; gzip is.`);
}
