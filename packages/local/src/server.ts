import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { FlywheelError } from "@flywheel/protocol";
import { embed, embeddingList, readEmbeddingRequest } from "./embeddings.ts";
import type { TokenLogprob } from "./logprobs.ts";
import { generate } from "./model.ts";
import { ModelTable, type Lease } from "./models.ts";
import { chunks, completion, newReply } from "./reply.ts";
import { readChatRequest, type ChatRequest } from "./request.ts";
import { openRuntime } from "./runtime.ts";
import type { LocalHealth, LocalServer, LocalServerOptions } from "./service.ts";

export type { LocalHealth, LocalModelHealth, LocalServer, LocalServerOptions } from "./service.ts";

const MAX_BODY = 20 * 2 ** 20;
const DEFAULT_DRAIN = 5000;
/** Milliseconds that the last bytes may take to leave when closing. */
const FLUSH_TIME = 1000;

/** What a request handler is given besides the request. */
interface Service {
  models: ModelTable;
  started: number;
  secret: string;
  /** Aborts every generation that runs or waits. */
  stop: AbortController;
  closing: boolean;
}

type Handler = (service: Service, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const ROUTES: Record<string, Record<string, Handler>> = {
  "/v1/chat/completions": { POST: chat },
  "/v1/embeddings": { POST: embeddings },
  "/v1/models": { GET: listModels },
  "/healthz": { GET: health },
};

/**
 * Serves GGUF models in the OpenAI dialect. Meant for a process of its own on a loopback address: a file that llama.cpp
 * itself cannot survive ends the process, and threads of evaluation are shared by all models in it.
 * @throws where the port is taken or the address is not ours
 */
export async function serveLocal(options: LocalServerOptions): Promise<LocalServer> {
  const models = new ModelTable(options.models, options);
  const service: Service = {
    models,
    started: Math.floor(Date.now() / 1000),
    secret: options.secret,
    stop: new AbortController(),
    closing: false,
  };
  const server = createServer((request, response) => {
    response.once("close", () => service.closing && setImmediate(() => server.closeIdleConnections()));
    void handle(service, request, response);
  });
  // Longer than any client keeps an idle connection, so that it is never we who close one under a request.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, options.host, resolve);
  });
  // Opened before it is asked for, so that the first request waits less; a failure is that request's to report.
  openRuntime(models.limits.threads).catch(() => {});
  return {
    port: (server.address() as AddressInfo).port,
    setModels: (table) => models.replace(table),
    async close(drain = DEFAULT_DRAIN) {
      service.closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      const timer = setTimeout(() => service.stop.abort(new FlywheelError("shutting_down")), drain);
      await models.close();
      clearTimeout(timer);
      // What is left is idle, being written, or a request that never arrived whole.
      const cut = setTimeout(() => server.closeAllConnections(), FLUSH_TIME);
      server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
    },
  };
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (service.closing) throw new FlywheelError("shutting_down");
    authorize(service.secret, request.headers.authorization);
    const path = (request.url ?? "/").split("?", 1)[0]!;
    const methods = Object.hasOwn(ROUTES, path) ? ROUTES[path]! : undefined;
    if (!methods) throw new FlywheelError("not_found", { path });
    const handler = methods[request.method ?? ""];
    if (!handler)
      throw new FlywheelError("method_not_allowed", {
        method: request.method ?? "",
        allowed: Object.keys(methods).join(", "),
      });
    await handler(service, request, response);
  } catch (error) {
    sendError(service, response, error);
  }
}

function authorize(secret: string, header: string | undefined): void {
  const match = /^Bearer +(\S+)$/i.exec(header ?? "");
  if (!match) throw new FlywheelError("missing_key");
  const digest = (text: string) => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(digest(match[1]!), digest(secret))) throw new FlywheelError("invalid_key");
}

function listModels({ models, started }: Service, _: IncomingMessage, response: ServerResponse): void {
  const data = models.names.map((id) => ({ id, object: "model", created: started, owned_by: "flywheel" }));
  sendJson(response, 200, { object: "list", data });
}

function health({ models }: Service, _: IncomingMessage, response: ServerResponse): void {
  const report: LocalHealth = {
    status: "ok",
    pid: process.pid,
    rss_bytes: process.memoryUsage.rss(),
    threads: models.limits.threads,
    models: models.health(),
  };
  sendJson(response, 200, report);
}

async function chat(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chatRequest = readChatRequest(await readJson(request));
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, service.stop.signal]);
  const lease = await service.models.acquire(chatRequest.model);
  try {
    await (chatRequest.stream ? sendStream : sendWhole)(response, chatRequest, lease, signal);
  } finally {
    lease.release();
  }
}

async function embeddings(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = readEmbeddingRequest(await readJson(request));
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const lease = await service.models.acquire(asked.model);
  try {
    const embedded = await embed(lease.loaded, asked, AbortSignal.any([gone.signal, service.stop.signal]));
    sendJson(response, 200, embeddingList(asked, embedded));
  } finally {
    lease.release();
  }
}

async function sendWhole(
  response: ServerResponse,
  request: ChatRequest,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const texts = generate(lease.loaded, request, signal);
  let content = "";
  const logprobs: TokenLogprob[] = [];
  let step = await texts.next();
  for (; !step.done; step = await texts.next()) {
    content += step.value.text;
    logprobs.push(...step.value.logprobs);
  }
  const wanted = request.topLogprobs === undefined ? undefined : logprobs;
  sendJson(response, 200, completion(newReply(request.model, lease.version), content, wanted, step.value));
}

/** Headers leave with the first text, so that everything that fails before it is still a plain HTTP error. */
async function sendStream(
  response: ServerResponse,
  request: ChatRequest,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const chunk = chunks(newReply(request.model, lease.version), request.includeUsage);
  const begin = () => {
    if (response.headersSent) return "";
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    return event(chunk.first());
  };
  const texts = generate(lease.loaded, request, signal);
  let step = await texts.next();
  // A slow reader is not waited for: an answer fits in memory many times over, and the slot is free sooner.
  for (; !step.done; step = await texts.next()) {
    const { text, logprobs } = step.value;
    response.write(begin() + event(chunk.text(text, request.topLogprobs === undefined ? undefined : logprobs)));
  }
  const called = step.value.calls.length > 0 ? event(chunk.calls(step.value)) : "";
  const counted = request.includeUsage ? event(chunk.usage(step.value)) : "";
  response.end(begin() + called + event(chunk.last(step.value)) + counted + "data: [DONE]\n\n");
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"] ?? "application/json";
  if (!/^application\/json\b/i.test(type)) throw new FlywheelError("unsupported_media_type", { type });
  // Refused before reading: an error amid reading would take the connection with it, and the answer too.
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY)
    throw new FlywheelError("body_too_large", { limit: MAX_BODY });
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY) throw new FlywheelError("body_too_large", { limit: MAX_BODY });
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (cause) {
    throw new FlywheelError("invalid_json", { reason: (cause as Error).message }, { cause });
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** An error before the first byte has its status; one in the middle of a stream is its last event, and `[DONE]` stays away. */
function sendError(service: Service, response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const known =
    error instanceof FlywheelError ? error : new FlywheelError("internal", { reason: String(error) }, { cause: error });
  if (known.code === "internal")
    service.models.limits.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (response.headersSent) response.end(event(known.toWire()));
  else sendJson(response, known.status, known.toWire());
}
