import { Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { FlywheelError } from "@flywheel/protocol";
import { sendError } from "./control-api.ts";

/** Hands `/api/*` and `/studio/*` from the public port on to the server process, byte for byte. */
export function relayTo(serverUrl: () => string): (request: IncomingMessage, response: ServerResponse) => void {
  const agent = new Agent({ keepAlive: true });
  return (request, response) => {
    const target = new URL(serverUrl());
    const upstream = httpRequest(
      { agent, host: target.hostname, port: target.port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    upstream.on("error", () => sendError(response, new FlywheelError("store_unavailable")));
    response.once("close", () => upstream.destroy());
    request.pipe(upstream);
  };
}
