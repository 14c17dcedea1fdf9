import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { checkContentType, readBody } from "@flywheel/gateway";
import { asFlywheelError, type ControlRoute, FlywheelError, type KeyScope, type Upload } from "@flywheel/protocol";

const BODY_LIMIT = 1 << 20;

interface Compiled {
  route: ControlRoute;
  pattern: RegExp;
  names: string[];
}

/**
 * Throws a `FlywheelError` where the caller of a request lacks this scope.
 * @returns the project of its key; `undefined` for the studio's session
 */
export type Authorize = (request: IncomingMessage, scope: KeyScope) => string | undefined;

/**
 * The control API as one request handler over a table of routes. Answers are JSON; every error has the wire shape of
 * `protocol/errors.ts`. Returns false where the path is none of its own.
 */
export function controlApi(
  routes: readonly ControlRoute[],
  authorize: Authorize,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const compiled = routes.map(compile);
  return (request, response) => {
    const { path, query } = splitUrl(request.url!);
    const here = compiled.filter(({ pattern }) => pattern.test(path));
    if (here.length === 0) return false;
    answerJson(response, (signal) => answer(request, path, query, here, authorize, signal));
    return true;
  };
}

async function answer(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
  here: Compiled[],
  authorize: Authorize,
  signal: AbortSignal,
): Promise<unknown> {
  checkMethod(
    request,
    here.map(({ route }) => route.method),
  );
  const { route, pattern, names } = here.find((one) => one.route.method === request.method)!;
  const project = authorize(request, route.scope);
  const values = pattern.exec(path)!.slice(1);
  const params = Object.fromEntries(names.map((name, index) => [name, decodePart(values[index]!)]));
  const asked = { params, query, project, signal };
  if (route.takesUpload) return takeUpload(request, (body) => route.handle({ ...asked, body }));
  const body = request.method === "GET" ? undefined : await readJson(request);
  return route.handle({ ...asked, body });
}

/** What was not read is read away after the answer: a client that is cut off while it sends would never see it. */
async function takeUpload(request: IncomingMessage, take: (upload: Upload) => unknown): Promise<unknown> {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    throw new FlywheelError("unsupported_media_type", { type: `with content-encoding ${encoding}` });
  const { "content-type": contentType = "", "content-length": length } = request.headers;
  try {
    return await take({
      contentType,
      length: length === undefined ? undefined : Number(length),
      bytes: request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>,
    });
  } finally {
    request.resume();
  }
}

function compile(route: ControlRoute): Compiled {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const path = route.path.replace(/^\/v1\//, "(?:/v1)?/").replace(/:\w+/g, "([^/]+)");
  return { route, names, pattern: new RegExp(`^${path}$`) };
}

/** Not through `URL`: that throws at `//`, and takes `//name/path` for another host. */
export function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf("?");
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FlywheelError("invalid_request", { reason: "The path holds a malformed percent-encoding." });
  }
}

/** Throws `method_not_allowed`. */
export function checkMethod(request: IncomingMessage, allowed: readonly string[]): void {
  if (!allowed.includes(request.method!))
    throw new FlywheelError("method_not_allowed", { method: request.method!, allowed: allowed.join(", ") });
}

/** A JSON body of at most 1 MB; `undefined` where there is none. Throws what is wrong with it. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await new Promise<Buffer>((resolve, reject) => {
    readBody(request, BODY_LIMIT, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
  if (body.length === 0) return undefined;
  checkContentType(request, body);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new FlywheelError("invalid_json", { reason: (error as Error).message });
  }
}

/** Answer with what `make` returns, or with what it throws. @param make is told when the client has gone */
export function answerJson(response: ServerResponse, make: (signal: AbortSignal) => unknown): void {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  Promise.try(make, gone.signal).then(
    (body) => sendBody(response, body, gone.signal),
    (error: unknown) => sendError(response, error),
  );
}

function sendBody(response: ServerResponse, body: unknown, gone: AbortSignal): void {
  if (body instanceof Blob) void sendBytes(response, body);
  else if (isStream(body)) void sendEvents(response, body, gone);
  else sendJson(response, 200, body);
}

async function sendBytes(response: ServerResponse, blob: Blob): Promise<void> {
  response.writeHead(200, {
    "content-type": blob.type || "application/octet-stream",
    "content-length": blob.size,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  await pipeline(blob.stream(), response).catch(() => response.destroy());
}

const isStream = (body: unknown): body is AsyncIterable<unknown> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body;

/** Each value an event. An iterable that throws ends the answer in the middle, so that a reader knows. */
async function sendEvents(response: ServerResponse, values: AsyncIterable<unknown>, gone: AbortSignal): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  try {
    for await (const value of values)
      if (!response.write(`data: ${JSON.stringify(value)}\n\n`)) await once(response, "drain", { signal: gone });
    response.end();
  } catch {
    response.destroy();
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(JSON.stringify(body ?? null));
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const known = asFlywheelError(error);
  sendJson(response, known.status, known.toWire());
}
