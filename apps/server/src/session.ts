import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FlywheelError, type KeyScope, type ResolveKey } from "@flywheel/protocol";
import { hashSecret } from "@flywheel/store/keys";
import { answerJson, type Authorize, checkMethod, readJson } from "./control-api.ts";

const COOKIE = "flywheel_session";

interface Caller {
  scopes: readonly KeyScope[];
  /** `undefined`: all of them. */
  project: string | undefined;
}

const STUDIO: Caller = { scopes: ["inference", "admin"], project: undefined };

/**
 * Who may use the control API: the studio, by a cookie got for the studio token, or any key with the right scope.
 * The cookie is derived from the token, so a session survives a restart of this process and ends with the token.
 */
export function sessions(token: string, resolveKey: ResolveKey) {
  const cookieValue = createHmac("sha256", token).update("studio session").digest("base64url");

  function callerOf(request: IncomingMessage): Caller {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (bearer) {
      if (equal(bearer, token)) return STUDIO;
      const key = resolveKey(hashSecret(bearer));
      if (!key) throw new FlywheelError("invalid_key");
      return key;
    }
    const cookie = readCookie(request.headers.cookie, COOKIE);
    if (!cookie || !equal(cookie, cookieValue)) throw new FlywheelError("missing_key");
    if (!isSameOrigin(request)) throw forbidden("The studio's session works from its own pages only.");
    return STUDIO;
  }

  const authorize: Authorize = (request, scope) => {
    const { scopes, project } = callerOf(request);
    if (!scopes.includes(scope)) throw forbidden(`This key lacks the scope \`${scope}\`.`);
    return project;
  };

  /** `/api/session`: GET tells whether one is open, POST opens one for the token, DELETE closes it. */
  function handle(request: IncomingMessage, response: ServerResponse): void {
    answerJson(response, async () => {
      checkMethod(request, ["GET", "POST", "DELETE"]);
      if (request.method === "GET") authorize(request, "admin");
      else if (request.method === "DELETE") response.setHeader("set-cookie", cookieHeader("", 0));
      else {
        const body = (await readJson(request)) as { token?: unknown } | null | undefined;
        if (typeof body?.token !== "string" || !equal(body.token, token)) throw new FlywheelError("invalid_key");
        response.setHeader("set-cookie", cookieHeader(cookieValue, 30 * 86_400));
      }
      return { ok: true };
    });
  }

  return { authorize, handle };
}

const forbidden = (reason: string) => new FlywheelError("forbidden", { reason });

const cookieHeader = (value: string, seconds: number) =>
  `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;

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
  return timingSafeEqual(Buffer.from(hashSecret(a)), Buffer.from(hashSecret(b)));
}
