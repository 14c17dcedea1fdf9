import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Dialect } from "./reading.ts";
import type { Recording } from "./recordings.ts";

/** A provider on loopback that answers with recorded bytes. */
export interface ReplayingUpstream {
  /** Answer with this recording from now on. Returns the model name that asks for it. */
  hold(recording: Recording): string;
  /** `http://127.0.0.1:<port>`, and what the dialect's vendor has before its endpoints. */
  baseUrl(dialect: Dialect): string;
  close(): Promise<void>;
}

/** The model's name chooses the recording, in the body or, for Gemini, in the path; the rest of a path is not looked at. */
export async function startReplayingUpstream(): Promise<ReplayingUpstream> {
  const held: Recording[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const name = /recording-(\d+)/.exec(`${req.url} ${modelOf(Buffer.concat(chunks).toString())}`)?.[1];
      const recording = held[Number(name)];
      if (recording) replay(recording, res);
      else send(res, 404, '{"error":{"message":"No such recording.","type":"invalid_request_error"}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hold: (recording) => `recording-${held.push(recording) - 1}`,
    baseUrl: (dialect) => `http://127.0.0.1:${port}/${dialect === "gemini" ? "v1beta" : "v1"}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function modelOf(body: string): string {
  try {
    return String((JSON.parse(body) as { model?: unknown }).model);
  } catch {
    return "";
  }
}

/** A stream goes out in pieces that respect no border, so that no reader can count on one. */
function replay({ stream, body }: Recording, res: ServerResponse): void {
  if (!stream) return send(res, 200, body);
  const bytes = Buffer.from(body);
  res.writeHead(200, { "content-type": "text/event-stream" });
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) res.write(bytes.subarray(start, start + PIECE_BYTES));
  res.end();
}

const PIECE_BYTES = 1021;

function send(res: ServerResponse, status: number, body: string): void {
  res.writeHead(status, { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) });
  res.end(body);
}
