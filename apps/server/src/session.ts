import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FlywheelError, type KeyScope, type ResolveKey } from "@flywheel/protocol";
import { hashSecret } from "@flywheel/store/keys";
import { type Identify, readJson, sendError, sendJson } from "./control-api.ts";

const COOKIE = "flywheel_session";
const EVERYTHING: readonly KeyScope[] = ["inference", "admin"];

/**
 * Who may use the control API: the studio, by a cookie got for the studio token, or any key with the right scope.
 * The cookie is derived from the token, so a session survives a restart of this process and ends with the token.
 */
export function sessions(token: string, resolveKey: ResolveKey) {
  const cookieValue = createHmac("sha256", token).update("studio session").digest("base64url");

  const identify: Identify = (request) => {
    const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (bearer) {
      if (equal(bearer, token)) return { scopes: EVERYTHING };
      return resolveKey(hashSecret(bearer)) ?? new FlywheelError("invalid_key");
    }
    const cookie = readCookie(request.headers.cookie, COOKIE);
    if (!cookie || !equal(cookie, cookieValue)) return new FlywheelError("missing_key");
    if (!isSameOrigin(request)) return new FlywheelError("forbidden", { reason: "The studio's session works from its own pages only." });
    return { scopes: EVERYTHING };
  };

  /** `/api/session`: GET tells whether one is open, POST opens one for the token, DELETE closes it. */
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method === "GET") {
        const caller = identify(request);
        if (caller instanceof FlywheelError) throw caller;
      } else if (request.method === "POST") {
        const body = (await readJson(request)) as { token?: unknown } | undefined;
        if (typeof body?.token !== "string" || !equal(body.token, token)) throw new FlywheelError("invalid_key");
        response.setHeader("set-cookie", cookieHeader(cookieValue, 30 * 86_400));
      } else if (request.method === "DELETE") {
        response.setHeader("set-cookie", cookieHeader("", 0));
      } else throw new FlywheelError("method_not_allowed", { method: request.method!, allowed: "GET, POST, DELETE" });
      sendJson(response, 200, { ok: true });
    } catch (error) {
      sendError(response, error);
    }
  }

  return { identify, handle };
}

const cookieHeader = (value: string, seconds: number) => `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}

/** A browser says where a changing request comes from; other pages must not ride on the cookie. */
function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return request.method === "GET";
  return URL.canParse(origin) && new URL(origin).host === host;
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(hashSecret(a));
  return timingSafeEqual(left, Buffer.from(hashSecret(b)));
}
