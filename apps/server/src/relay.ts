import { Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { FlywheelError } from "@flywheel/protocol";
import { sendError } from "./control-api.ts";

/** Hands `/api/*` and `/studio/*` from the public port on to the server process, byte for byte. */
export function relayTo(serverUrl: () => string): (request: IncomingMessage, response: ServerResponse) => void {
  const agent = new Agent({ keepAlive: true });
  return (request, response) => {
    const target = new URL(serverUrl());
    const upstream = httpRequest(
      {
        agent,
        host: target.hostname,
        port: target.port,
        method: request.method,
        path: request.url,
        headers: request.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.rawHeaders);
        // A server that dies in the middle must end the answer here, too: a live tail would wait for ever.
        pipeline(answer, response, () => {});
      },
    );
    upstream.on("error", () => sendError(response, new FlywheelError("server_unavailable")));
    response.once("close", () => upstream.destroy());
    // Answered before the whole request was sent: the rest is read all the same, or the client would never be done.
    upstream.once("close", () => {
      request.unpipe(upstream);
      request.resume();
    });
    request.pipe(upstream);
  };
}
