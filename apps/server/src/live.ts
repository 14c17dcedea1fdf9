import type { ServerResponse } from "node:http";
import type { GenerationSummary } from "@flywheel/protocol";

const KEEP_ALIVE_MS = 15_000;
/** A reader this far behind is dropped; its page reconnects and asks for what it missed. */
const MAX_BUFFERED = 1 << 20;

/** `GET /api/generations/live`: server-sent events, one `generation` per new row. */
export interface LiveTail {
  attach(response: ServerResponse): void;
  publish(generations: readonly GenerationSummary[]): void;
  close(): void;
}

export function liveTail(): LiveTail {
  const readers = new Set<ServerResponse>();
  const keepAlive = setInterval(() => send(": keep-alive\n\n"), KEEP_ALIVE_MS);
  keepAlive.unref();

  function send(text: string): void {
    for (const reader of readers) {
      if (reader.writableLength > MAX_BUFFERED) reader.destroy();
      else reader.write(text);
    }
  }

  return {
    attach(response) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": open\n\n");
      readers.add(response);
      response.once("close", () => readers.delete(response));
    },
    publish(generations) {
      if (readers.size === 0) return;
      send(generations.map((generation) => `event: generation\ndata: ${JSON.stringify(generation)}\n\n`).join(""));
    },
    close() {
      clearInterval(keepAlive);
      for (const reader of readers) reader.end();
    },
  };
}
