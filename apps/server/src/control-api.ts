import type { IncomingMessage, ServerResponse } from "node:http";
import { type ControlRoute, FlywheelError, type KeyScope } from "@flywheel/protocol";

const BODY_LIMIT = 1 << 20;

interface Compiled {
  route: ControlRoute;
  pattern: RegExp;
  names: string[];
}

/** Who is calling: which scopes they have, or why they have none. */
export type Identify = (request: IncomingMessage) => { scopes: readonly KeyScope[] } | FlywheelError;

/**
 * The control API as one request handler over a table of routes. Answers are JSON; every error has the wire shape of
 * DESIGN's table. Returns false where the path is not one of its own.
 */
export function controlApi(routes: readonly ControlRoute[], identify: Identify): (request: IncomingMessage, response: ServerResponse) => boolean {
  const compiled = routes.map(compile);
  return (request, response) => {
    const [path, search] = split(request.url!);
    const here = compiled.filter(({ pattern }) => pattern.test(path));
    if (here.length === 0) return false;
    answer(request, path, new URLSearchParams(search), here, identify).then(
      (body) => sendJson(response, 200, body),
      (error: unknown) => sendError(response, error),
    );
    return true;
  };
}

/** Path and query; a target such as `//` is no URL, and must not become one. */
function split(target: string): [path: string, search: string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

async function answer(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
  here: Compiled[],
  identify: Identify,
): Promise<unknown> {
  const match = here.find(({ route }) => route.method === request.method);
  if (!match) throw new FlywheelError("method_not_allowed", { method: request.method!, allowed: here.map(({ route }) => route.method).join(", ") });
  const caller = identify(request);
  if (caller instanceof FlywheelError) throw caller;
  if (!caller.scopes.includes(match.route.scope))
    throw new FlywheelError("forbidden", { reason: `This key lacks the scope \`${match.route.scope}\`.` });
  const values = match.pattern.exec(path)!.slice(1);
  const params = Object.fromEntries(match.names.map((name, index) => [name, decodeParameter(values[index]!)]));
  const body = request.method === "GET" ? undefined : await readJson(request);
  return match.route.handle({ params, query, body });
}

function decodeParameter(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FlywheelError("invalid_request", { reason: `\`${text.slice(0, 100)}\` is not a valid part of a path.` });
  }
}

function compile(route: ControlRoute): Compiled {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  return { route, names, pattern: new RegExp(`^${route.path.replace(/:\w+/g, "([^/]+)")}$`) };
}

/** A JSON body of at most 1 MB; `undefined` where there is none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new FlywheelError("body_too_large", { limit: BODY_LIMIT });
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new FlywheelError("invalid_json", { reason: (error as Error).message });
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(body ?? null));
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const known = error instanceof FlywheelError ? error : new FlywheelError("internal", { reason: error instanceof Error ? error.message : String(error) }, { cause: error });
  sendJson(response, known.status, known.toWire());
}
