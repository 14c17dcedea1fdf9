import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { FlywheelError, newId } from "@flywheel/protocol";
import type { Config, EventRecorder, GenerationRecorder, Operation, ResolveKey } from "@flywheel/protocol";
import { CLIENT_DIALECTS, Roster, createUpstream } from "@flywheel/providers";
import type { ClientDialect, ProviderSet, Upstream } from "@flywheel/providers";
import { authenticate } from "./authenticate.ts";
import type { Caller } from "./authenticate.ts";
import { createAnswerCache } from "./cache.ts";
import { checkContentType, parseValue, readBody } from "./body.ts";
import type { Call, Ports, ResolveLocal } from "./call.ts";
import { readClientRequest } from "./client-request.ts";
import type { ClientRequest } from "./client-request.ts";
import { createCatalogue, ENDPOINT_PREFIX } from "./endpoints/catalogue.ts";
import type { EndpointCatalogue, ProjectEndpoints } from "./endpoints/catalogue.ts";
import { inputOfMessages } from "./endpoints/input.ts";
import { describeEndpoints } from "./endpoints/openapi.ts";
import { endpointRequest } from "./endpoints/request.ts";
import { asFlywheelError, ownHeaders, sendError, sendJson } from "./errors.ts";
import { crossOrigin } from "./events/cors.ts";
import { generationTokens } from "./events/generation-token.ts";
import { RateLimiter } from "./events/rate.ts";
import { type EventPorts, receiveEvents } from "./events/receive.ts";
import { checkFront } from "./front.ts";
import { cancel, generate } from "./generate.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { checkModel, mayCall } from "./key-models.ts";
import { createOutputItems } from "./output-items.ts";
import { listModels, toOpenaiModel } from "./models.ts";
import { TargetHealth } from "./target-health.ts";

export interface GatewayOptions {
  /** Asked once per request, which then keeps the snapshot until it is over. */
  config(): Config;
  /** The same. */
  providers(): ProviderSet;
  resolveKey: ResolveKey;
  recorder: GenerationRecorder;
  resolveLocal: ResolveLocal;
  /** Absent: there are none. */
  endpoints?: ProjectEndpoints;
  /** What is needed to take in events; absent = there is no `/events`. */
  events?: {
    recorder: EventRecorder;
    /** Signs generation tokens. The same for all gateways of an installation, and kept. */
    secret: string;
  };
  /** Whether pages of this web origin may read what they are answered; absent = none. */
  allowsOrigin?(origin: string): boolean;
  /** Requests that are none of the gateway's, after the Host check. False = there is nothing at that path. */
  fallthrough?(req: IncomingMessage, res: ServerResponse): boolean;
  /**
   * For people at work on their app, on their own machine: providers' own keys are passed on, failures can be rehearsed,
   * and what always gets the same answer is kept.
   */
  dev?: boolean;
  /** Host names without port, in lower case; `*` = any. */
  allowedHosts(): ReadonlySet<string>;
  limits?: Partial<Limits>;
  /** The client for provider calls; one of its own by default. */
  upstream?: Upstream;
  /** What chance decides by, 0 to 1; `Math.random` by default. */
  random?: () => number;
}

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
  const ports: Ports = {
    recorder: options.recorder,
    resolveLocal: options.resolveLocal,
    upstream,
    limits,
    health: new TargetHealth(limits.circuit, limits.retry_budget),
    random: options.random ?? Math.random,
    cache: createAnswerCache(),
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
  const calls = new Roster<Call>();
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

interface Front {
  options: GatewayOptions;
  ports: Ports;
  calls: Roster<Call>;
  endpoints: EndpointCatalogue;
  events: EventPorts | undefined;
  draining: () => boolean;
}

/** One request, still without a generation. */
interface Visit {
  front: Front;
  req: IncomingMessage;
  res: ServerResponse;
  /** Decides the shape of errors. */
  dialect: ClientDialect;
  waits: boolean;
  requestId: string;
  time: number;
  started: number;
}

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

function allow(visit: Visit, method: "GET" | "POST", then: () => void): void {
  if (visit.req.method === method) return then();
  visit.res.setHeader("allow", method);
  throw new FlywheelError("method_not_allowed", { method: visit.req.method!, allowed: method });
}

/** `model: "endpoint/<name>"` is a call to an endpoint, in the words of any dialect. */
function answer(visit: Visit, operation: Operation): void {
  const { dialect, front } = visit;
  readCall(visit, (body, caller) => {
    const { ports, endpoints } = front;
    const request = readClientRequest(body, ports.limits, dialect, operation, (whole) =>
      dialect.id === "openai-responses" ? ports.items.resolve(caller.key.project, whole) : whole,
    );
    if (!request.model.startsWith(ENDPOINT_PREFIX) || operation !== "chat") return begin(visit, caller, request);
    admit(visit, caller, request.model, () => {
      const find = () => endpoints.find(request.model.slice(ENDPOINT_PREFIX.length));
      const input = inputOfMessages(find().endpoint, request.neutral().messages, ports.limits);
      beginLater(visit, caller, endpointRequest(find, input, { like: request }));
    });
  });
}

const ENDPOINT_PATH = "/endpoints/";

/** `POST /endpoints/<name>`: the input in, the output out, streamed where the client asks for events. */
function answerEndpoint(visit: Visit, name: string): void {
  const { req, front } = visit;
  readCall(visit, (body, caller) => {
    const stream = /text\/event-stream/i.test(req.headers.accept ?? "") || /[?&]stream=true(?:&|$)/.test(req.url!);
    const input = parseValue(body, front.ports.limits);
    const find = () => front.endpoints.find(name);
    admit(visit, caller, ENDPOINT_PREFIX + name, () =>
      beginLater(visit, caller, endpointRequest(find, input, { stream })),
    );
  });
}

/** Nothing of the project's code runs for those who may not call it, and nothing at all before its first build. */
function admit(visit: Visit, { key, foreignSecret }: Caller, model: string, then: () => void): void {
  const { options, endpoints } = visit.front;
  if (foreignSecret !== undefined) throw new FlywheelError("foreign_key");
  checkModel(key, model, options.config(), options.providers());
  endpoints.whenBuilt(() => guarded(visit, then));
}

/** `GET /endpoints/openapi.json`: what this key may call. */
function openapi({ req, res, requestId, front }: Visit): void {
  const { key } = authenticate(req, front.options.resolveKey, front.options.dev ?? false);
  const [config, providers] = [front.options.config(), front.options.providers()];
  const { id, endpoints } = front.endpoints.build();
  const mine = endpoints.filter(({ name }) => mayCall(key, ENDPOINT_PREFIX + name, config, providers));
  const body = JSON.stringify(describeEndpoints({ id, endpoints: mine }));
  sendJson(res, 200, Buffer.from(body), ownHeaders(requestId));
}

function readCall(visit: Visit, then: (body: Buffer, caller: Caller) => void): void {
  const { req, res, front } = visit;
  const { options, ports } = front;
  const caller = authenticate(req, options.resolveKey, options.dev ?? false);
  if (visit.waits && Number(req.headers["content-length"] ?? 0) <= ports.limits.body_bytes) res.writeContinue();
  readBody(req, ports.limits.body_bytes, (error, body) =>
    guarded(visit, () => {
      if (error) throw error;
      checkContentType(req, body);
      then(body, caller);
    }),
  );
}

function begin(visit: Visit, caller: Caller, request: ClientRequest): void {
  const { req, res, requestId, time, started, front } = visit;
  const { options, ports, calls, draining } = front;
  const snapshot = { config: options.config(), providers: options.providers() };
  generate({ req, res, request, requestId, time, started, caller, ...snapshot }, ports, calls, draining);
}

/** The prompt of an endpoint is said by the user's code, elsewhere; meanwhile the client may go away. */
function beginLater(visit: Visit, caller: Caller, request: Promise<ClientRequest>): void {
  request.then(
    (made) => {
      if (!visit.res.destroyed) guarded(visit, () => begin(visit, caller, made));
    },
    (error: unknown) => refuse(visit, asFlywheelError(error)),
  );
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

function guarded(visit: Visit, step: () => void): void {
  try {
    step();
  } catch (error) {
    refuse(visit, asFlywheelError(error));
  }
}

function refuse({ req, res, dialect, waits, requestId, front }: Visit, error: FlywheelError): void {
  if (!req.complete) discard(req, front.ports.limits.body_bytes);
  const headers = [...ownHeaders(requestId), ...(waits || front.draining() ? ["connection", "close"] : [])];
  sendError(res, error, headers, dialect, requestId);
}

/** Read on so that the client gets to read our answer, but not for ever. */
function discard(req: IncomingMessage, limit: number): void {
  let size = 0;
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) req.destroy();
  });
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
