import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { play } from "./dialects.ts";
import type { ScriptedRequest } from "./dialects.ts";
import type { Fault } from "./faults.ts";
import { emptyFineTuning, isFineTuning, playFineTuning, type ScriptedFineTuning } from "./fine-tuning.ts";

export interface SeenRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The client went away before the answer was over. */
  aborted: boolean;
}

export interface ScriptedUpstream {
  /** `http://127.0.0.1:<port>`; the base URL is this with `/v1`. */
  origin: string;
  seen: SeenRequest[];
  /** What the next requests for a model meet, one after the other; after that its name decides as always. */
  script: Record<string, Fault[]>;
  /** What is said to the next requests under `/fixtures`, one after the other, in their dialect. */
  says: string[];
  /** What is kept under `/files` and `/fine_tuning/jobs`, and what goes wrong there. */
  fineTuning: ScriptedFineTuning;
  /** Called when a request arrived, before it is answered. */
  onRequest: ((request: SeenRequest) => void) | undefined;
  connections(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A provider on loopback that misbehaves on demand. Under `/fixtures` it speaks every dialect, with the cases of
 * `fixtures/` and the faults of `faults.ts` (see `play`); elsewhere it speaks OpenAI's chat completions with a few words.
 */
export async function startUpstream(): Promise<ScriptedUpstream> {
  const server = createServer({ keepAliveTimeout: 30_000 }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const body = bytes.toString();
      const seen: SeenRequest = { path: req.url ?? "", headers: req.headers, body, aborted: false };
      upstream.seen.push(seen);
      upstream.onRequest?.(seen);
      res.on("close", () => (seen.aborted = !res.writableFinished));
      if (isFineTuning(seen.path)) return void playFineTuning(upstream.fineTuning, req, bytes, res);
      const request = { path: seen.path, text: body, body: JSON.parse(body || "{}") as ScriptedRequest["body"] };
      play(
        request,
        { res, socket: req.socket },
        upstream.script[request.body.model ?? ""]?.shift(),
        upstream.says.shift(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref(); // A failed test that never closes it must still end.
  const upstream: ScriptedUpstream = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    script: {},
    says: [],
    fineTuning: emptyFineTuning(),
    onRequest: undefined,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}
