import type { IncomingMessage } from "node:http";
import { FlywheelError } from "@flywheel/protocol";

/** Headers of which two would let two programs read two different requests. */
const ONCE = new Map([
  ["host", 4],
  ["authorization", 13],
  ["x-api-key", 9],
  ["content-type", 12],
]);
const ONCE_LENGTHS = new Set(ONCE.values());

/**
 * What `node:http` accepts and we do not: a request target that is not a path, a repeated header that decides who asks
 * whom, a Host that is not ours (a page on the web may point its own name at this machine).
 * @throws FlywheelError
 */
export function checkFront(req: IncomingMessage, allowedHosts: ReadonlySet<string>, mostHeaders: number): void {
  if (!req.url?.startsWith("/"))
    throw new FlywheelError("invalid_request", { reason: "The request target must be a path." });
  if (req.rawHeaders.length > mostHeaders * 2)
    throw new FlywheelError("headers_too_large", { reason: `The request has more than ${mostHeaders} headers.` });
  if (req.headers.expect !== undefined && req.headers.expect.toLowerCase() !== "100-continue")
    throw new FlywheelError("invalid_request", { reason: "The header expect can only be 100-continue." });
  checkOnce(req.rawHeaders);
  const host = req.headers.host;
  if (host === undefined) throw new FlywheelError("invalid_request", { reason: "The Host header is missing." });
  if (!allowedHosts.has("*") && !allowedHosts.has(hostName(host)))
    throw new FlywheelError("host_not_allowed", { host: host.slice(0, 200) });
}

function checkOnce(rawHeaders: readonly string[]): void {
  let seen = "";
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!ONCE_LENGTHS.has(rawHeaders[i]!.length)) continue;
    const name = rawHeaders[i]!.toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.includes(`${name};`))
      throw new FlywheelError("invalid_request", { reason: `The header ${name} occurs twice.` });
    seen += `${name};`;
  }
}

/** `localhost:4400` → `localhost`, `[::1]:4400` → `::1`. */
export function hostName(host: string): string {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(host);
  return (match?.[1] ?? match?.[2] ?? "").toLowerCase().replace(/\.$/, "");
}
