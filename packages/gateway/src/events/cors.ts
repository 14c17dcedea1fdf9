import type { IncomingMessage, ServerResponse } from "node:http";
import { HEADER } from "@flywheel/protocol";

const EXPOSED = [HEADER.generationId, HEADER.generationToken, HEADER.requestId, "retry-after"].join(", ");
const ASKABLE = [
  "authorization",
  "content-type",
  "x-api-key",
  HEADER.cache,
  "flywheel-conversation-id",
  "flywheel-user-id",
].join(", ");
const DAY_SECONDS = "86400";

/**
 * Let pages of an allowed origin read what they are answered, the errors too. Which key may be used from where is
 * checked with the key; a browser's question beforehand carries none.
 * @returns whether this was such a question, and is answered
 */
export function crossOrigin(
  req: IncomingMessage,
  res: ServerResponse,
  allowsOrigin: (origin: string) => boolean,
): boolean {
  const { origin } = req.headers;
  if (origin === undefined || !allowsOrigin(origin)) return false;
  res.setHeader("access-control-allow-origin", origin);
  res.setHeader("access-control-expose-headers", EXPOSED);
  res.setHeader("vary", "origin");
  if (req.method !== "OPTIONS" || req.headers["access-control-request-method"] === undefined) return false;
  res.setHeader("access-control-allow-methods", "GET, POST");
  res.setHeader("access-control-allow-headers", ASKABLE);
  res.setHeader("access-control-max-age", DAY_SECONDS);
  res.writeHead(204);
  res.end();
  return true;
}
