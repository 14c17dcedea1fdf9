import { FlywheelError, HEADER } from "@flywheel/protocol";
import type { ClientDialect, TimeoutPhase, UpstreamError } from "@flywheel/providers";
import type { Recipient } from "./recipient.ts";

/** Answer with an error in a dialect's shape. After the head is out this does nothing: there the stream carries the error. */
export function sendError(
  res: Recipient,
  error: FlywheelError,
  headers: readonly string[],
  dialect: ClientDialect,
  requestId: string,
): void {
  const body = dialect.writeError(error.toWire().error, error.status, requestId);
  sendJson(res, error.status, Buffer.from(JSON.stringify(body)), hints(error, headers));
}

const JOIN_BELOW = 16 * 1024;

/** Answer with a JSON body, whole. `headers`: name, value, name, value … */
export function sendJson(res: Recipient, status: number, body: Buffer, headers: readonly string[]): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, ["content-type", "application/json", "content-length", String(body.length), ...headers]);
  // A small body as a string of its bytes leaves in one write with the head.
  if (body.length < JOIN_BELOW) res.end(body.toString("latin1"), "latin1");
  else res.end(body);
}

/** Trying again cannot help where a key or a setting is missing, whatever the status says to a client's retry loop. */
function hints(error: FlywheelError, headers: readonly string[]): readonly string[] {
  return error.code === "provider_unavailable" ? [...headers, "x-should-retry", "false"] : headers;
}

/** The headers every answer of ours carries. */
export function ownHeaders(requestId: string, generationId?: string): string[] {
  const headers = [HEADER.requestId, requestId];
  if (generationId !== undefined) headers.push(HEADER.generationId, generationId);
  return headers;
}

/** What the upstream client reports, in our words. @param total milliseconds that the generation had */
export function fromUpstream(error: UpstreamError, provider: string, total: number): FlywheelError {
  switch (error.kind) {
    case "timeout":
      return timeout(provider, error.phase!, error.phase === "total" ? total : error.ms!);
    case "truncated":
      return new FlywheelError("upstream_truncated", { provider });
    case "malformed":
      return new FlywheelError("upstream_invalid", { provider, reason: error.message });
    case "overloaded":
      return new FlywheelError("overloaded", { what: provider });
    default:
      return new FlywheelError("upstream_unreachable", { provider, reason: error.message });
  }
}

export function timeout(provider: string, phase: TimeoutPhase, ms: number): FlywheelError {
  return new FlywheelError("upstream_timeout", { provider, phase, ms });
}

/** Whatever was thrown, as an error a client may see. */
export function asFlywheelError(error: unknown): FlywheelError {
  if (error instanceof FlywheelError) return error;
  return new FlywheelError(
    "internal",
    { reason: error instanceof Error ? error.message : String(error) },
    { cause: error },
  );
}
