import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { unlink } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
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
        await pipeline(bodyOf(request), atMost(maxBytes), createWriteStream(file, { mode: 0o600, flags: "wx" }));
        return await use(file);
      } finally {
        await unlink(file).catch(() => {}); // Not made yet, when the body was refused at once.
      }
    },
  };
}

/** A request's body as text. */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  await pipeline(bodyOf(request), atMost(maxBytes), async (source: AsyncIterable<Buffer>) => {
    for await (const piece of source) pieces.push(piece);
  });
  return Buffer.concat(pieces).toString("utf8");
}

/** Throws once more than `maxBytes` have passed, counted after decompression. */
function atMost(maxBytes: number) {
  return async function* (source: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > maxBytes) throw exception("TOO_MANY_BYTES", `The request body is larger than ${maxBytes} bytes.`);
      yield piece;
    }
  };
}

function bodyOf(request: IncomingMessage): Readable {
  const encoding = request.headers["content-encoding"];
  if (!encoding || encoding === "identity") return request;
  if (encoding === "gzip") return request.pipe(createGunzip());
  throw exception("NOT_IMPLEMENTED", `Content-Encoding '${encoding}' is not supported here; gzip is.`);
}
