import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { FlywheelError, newId } from "@flywheel/protocol";
import type { Operation } from "@flywheel/protocol";
import { CLIENT_DIALECTS, Roster, createUpstream } from "@flywheel/providers";
import type { ClientDialect } from "@flywheel/providers";
import { authenticate } from "./authenticate.ts";
import { createAnswerCache } from "./cache.ts";
import type { Call, Ports } from "./call.ts";
import { cancel } from "./cancel.ts";
import { readClientRequest } from "./client-request.ts";
import { createCatalogue, ENDPOINT_PREFIX } from "./endpoints/catalogue.ts";
import type { ProjectEndpoints } from "./endpoints/catalogue.ts";
import { answerEndpoint, answerLikeModel, openapi } from "./endpoints/serve.ts";
import { ownHeaders, sendJson } from "./errors.ts";
import { crossOrigin } from "./events/cors.ts";
import { generationTokens } from "./events/generation-token.ts";
import { RateLimiter } from "./events/rate.ts";
import { type EventPorts, receiveEvents } from "./events/receive.ts";
import { checkFront } from "./front.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { mayCall } from "./key-models.ts";
import { createOutputItems } from "./output-items.ts";
import { listModels, toOpenaiModel } from "./models.ts";
import { createShadows } from "./shadow.ts";
import { TargetHealth } from "./target-health.ts";
import { allow, begin, guarded, readCall, refuse } from "./visit.ts";
import type { Front, GatewayOptions, Visit } from "./visit.ts";

export interface Gateway {
  /** Not listening yet. */
  server: Server;
  /** Take no new requests, let calls under way finish (for `limits.drain_ms`), close. Safe to call twice. */
  drain(done: () => void): void;
  /** Calls under way. */
  active(): number;
}

/** The data plane: one HTTP server. Its state: the calls under way, the cache, and how the targets did lately. */
export function createGateway(options: GatewayOptions): Gateway {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const upstream = options.upstream ?? createUpstream();
  const dev = options.dev ?? false;
  const calls = new Roster<Call>();
  const ports: Ports = {
    recorder: options.recorder,
    resolveLocal: options.resolveLocal,
    upstream,
    limits,
    health: new TargetHealth(limits.circuit, limits.retry_budget),
    random: options.random ?? Math.random,
    cache: createAnswerCache(),
    shadows: createShadows(limits.shadow, () => calls.size === 0),
    items: createOutputItems(),
    cachePolicy: dev ? "deterministic" : "off",
    rehearsals: dev,
    tokens: options.events && generationTokens(options.events.secret),
  };
  const events = options.events && {
    recorder: options.events.recorder,
    tokens: ports.tokens!,
    rates: new RateLimiter(),
    resolveKey: options.resolveKey,
    config: options.config,
  };
  let draining = false;
  const endpoints = createCatalogue(options.endpoints ?? NO_ENDPOINTS);
  const front: Front = { options, ports, calls, endpoints, events, draining: () => draining };
  const server = createServer(serverOptions(limits), (req, res) => onRequest(front, req, res));
  server.maxConnections = limits.connections;
  server.maxHeadersCount = limits.headers + 1; // `node:http` leaves out what is beyond; one more shows that there was some
  // Whoever waits to be told to send its body is told so only where somebody is going to read it.
  server.on("checkContinue", (req, res) => onRequest(front, req, res, true));
  server.on("checkExpectation", (req, res) => onRequest(front, req, res));
  server.on("clientError", onClientError);

  const whenClosed: (() => void)[] = [];
  return {
    server,
    active: () => calls.size,
    drain(done) {
      whenClosed.push(done);
      if (draining) return;
      draining = true;
      ports.shadows.close();
      let deadline = setTimeout(() => {
        calls.list().forEach(cancel);
        // Those that sent no request yet, or do not read our last words.
        deadline = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS);
      }, limits.drain_ms);
      // Connections that become idle from now on would be kept for the next request otherwise.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      for (const call of calls.list()) call.lastOnConnection = true;
      server.close(() => {
        clearTimeout(deadline);
        clearInterval(sweep);
        upstream.close();
        for (const callback of whenClosed.splice(0)) callback();
      });
    },
  };
}

const LAST_WORDS_MS = 500;

const NO_ENDPOINTS: ProjectEndpoints = {
  build: () => ({ id: "", endpoints: [] }),
  renderPrompt: () => Promise.reject(new Error("there are no endpoints")),
};

function serverOptions({ head_ms, upload_ms }: Limits): ServerOptions {
  return {
    maxHeaderSize: 16 * 1024,
    headersTimeout: head_ms,
    requestTimeout: upload_ms,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: Math.min(5_000, head_ms),
    noDelay: true,
    insecureHTTPParser: false,
    requireHostHeader: false, // required, too, but with an answer in our own error shape
  };
}

const ENDPOINT_PATH = "/endpoints/";

/** Paths that make generations, without the optional `/v1`. */
const OPERATIONS: Readonly<Record<string, readonly [Operation, ClientDialect]>> = {
  "/chat/completions": ["chat", CLIENT_DIALECTS["openai-chat"]],
  "/embeddings": ["embeddings", CLIENT_DIALECTS["openai-chat"]],
  "/responses": ["chat", CLIENT_DIALECTS["openai-responses"]],
  "/messages": ["chat", CLIENT_DIALECTS["anthropic-messages"]],
};

/** @param waits the client sends its body when it is told to */
function onRequest(front: Front, req: IncomingMessage, res: ServerResponse, waits = false): void {
  const dialect = dialectOf(req.url ?? "");
  const visit: Visit = {
    front,
    req,
    res,
    dialect,
    waits,
    requestId: newId("req"),
    time: Date.now(),
    started: performance.now(),
  };
  // A client that goes away makes late writes fail; what that means is decided on "close".
  res.on("error", () => {});
  guarded(visit, () => {
    checkFront(req, front.options.allowedHosts(), front.ports.limits.headers);
    if (isOwnPath(pathOf(req.url!)) && crossOrigin(req, res, front.options.allowsOrigin ?? (() => false))) return;
    if (front.draining()) throw new FlywheelError("shutting_down");
    dispatch(visit);
  });
}

function dispatch(visit: Visit): void {
  const { req, res, front } = visit;
  const path = pathOf(req.url!);
  const operation = Object.hasOwn(OPERATIONS, path) ? OPERATIONS[path] : undefined;
  if (operation) return allow(visit, "POST", () => answer(visit, operation[0]));
  if (path === `${ENDPOINT_PATH}openapi.json`) return allow(visit, "GET", () => openapi(visit));
  if (path.startsWith(ENDPOINT_PATH)) return allow(visit, "POST", () => answerEndpoint(visit, decodeName(path.slice(ENDPOINT_PATH.length)))); // prettier-ignore
  if (path === "/events" && front.events) return allow(visit, "POST", () => receive(visit, front.events!));
  if (path === "/models") return allow(visit, "GET", () => models(visit, undefined));
  if (path.startsWith("/models/"))
    return allow(visit, "GET", () => models(visit, decodeName(path.slice("/models/".length))));
  if (visit.waits) res.writeContinue();
  if (!front.options.fallthrough?.(req, res)) throw new FlywheelError("not_found", { path: path.slice(0, 200) });
}

/** Those that pages of other origins may use; the studio and the control API are not among them. */
const isOwnPath = (path: string): boolean =>
  Object.hasOwn(OPERATIONS, path) || /^\/(?:models|events|endpoints)(?:\/|$)/.test(path);

/** What a client at this path understands, also where there is nothing. */
function dialectOf(url: string): ClientDialect {
  const path = pathOf(url);
  if (Object.hasOwn(OPERATIONS, path)) return OPERATIONS[path]![1];
  return CLIENT_DIALECTS[path.startsWith("/messages/") ? "anthropic-messages" : "openai-chat"];
}

/** The path without query and without the optional `/v1`. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  return path.startsWith("/v1/") ? path.slice(3) : path;
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function answer(visit: Visit, operation: Operation): void {
  const { dialect, front } = visit;
  readCall(visit, (body, caller) => {
    const { limits, items } = front.ports;
    const request = readClientRequest(body, limits, dialect, operation, (whole) =>
      dialect.id === "openai-responses" ? items.resolve(caller.key.project, whole) : whole,
    );
    const isEndpoint = request.model.startsWith(ENDPOINT_PREFIX) && operation === "chat";
    (isEndpoint ? answerLikeModel : begin)(visit, caller, request);
  });
}

function receive(visit: Visit, events: EventPorts): void {
  if (visit.waits) visit.res.writeContinue();
  receiveEvents(visit.req, visit.res, visit.requestId, events, (error) => refuse(visit, error));
}

function models(visit: Visit, name: string | undefined): void {
  const { req, res, requestId, front } = visit;
  const { key } = authenticate(req, front.options.resolveKey, front.options.dev ?? false);
  const [config, providers] = [front.options.config(), front.options.providers()];
  const endpoints = front.endpoints.build().endpoints.map((endpoint) => endpoint.name);
  const list = listModels(config, providers, endpoints)
    .filter(({ id }) => mayCall(key, id, config, providers))
    .map(toOpenaiModel);
  const one = list.find((model) => model.id === name);
  if (name !== undefined && !one)
    throw new FlywheelError(
      "model_not_found",
      { model: name.slice(0, 100), hint: " `GET /v1/models` lists what does." },
      { param: "model" },
    );
  const found = name === undefined ? { object: "list", data: list } : one;
  sendJson(res, 200, Buffer.from(JSON.stringify(found)), ownHeaders(requestId));
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The request headers are too large."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["413 Payload Too Large", "A chunk extension is too large."],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request took too long to arrive."],
};

/** Bytes that are no HTTP request: answer once, in our error shape, and close. */
function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, message] = CLIENT_ERRORS[error.code ?? ""] ?? ["400 Bad Request", "This is not a valid HTTP request."];
  const body = JSON.stringify(new FlywheelError("invalid_request", { reason: message }).toWire());
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${newId("req")}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body, () => socket.destroy());
}
