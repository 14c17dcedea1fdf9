import { hash } from "node:crypto";
import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { DEFAULT_CONFIG, PLAIN_KEY } from "@flywheel/protocol";
import type { BeginHead, Config, EndHead, GenerationRecorder, Key } from "@flywheel/protocol";
import { createProviderSet } from "@flywheel/providers";
import { createGateway } from "../src/index.ts";
import { DEFAULT_LIMITS } from "../src/limits.ts";
import type { Gateway, GatewayOptions } from "../src/index.ts";

export const SECRET = "fw_dev_test";
const KEYS = new Map<string, Key>();
addKey(SECRET, {});
addKey("fw_dev_revoked", { revoked: 1 });
addKey("fw_dev_admin", { scopes: ["admin"] });
addKey("fw_dev_other_project", { project: "other" });

/** Another key that this gateway takes, with what makes it special. */
export function addKey(secret: string, changes: Partial<Key>): void {
  const digest = hash("sha256", secret, "hex");
  KEYS.set(digest, {
    ...PLAIN_KEY,
    id: "key_1",
    hash: digest,
    prefix: "fw_dev",
    name: "test",
    project: "p",
    environment: "dev",
    ...changes,
  });
}

interface Recorded {
  kind: "begin" | "end";
  head: BeginHead | EndHead;
  raw: string;
}

/** Records into an array; `holdEnd` keeps an end from being written until released. */
export class ArrayRecorder implements GenerationRecorder {
  log: Recorded[] = [];
  failBegin = false;
  failEnd = false;
  holdEnd: ((release: () => void) => void) | undefined;

  begin(head: BeginHead, raw: Uint8Array, done: (error?: Error) => void): void {
    if (this.failBegin) return void setImmediate(done, new Error("ENOSPC"));
    this.log.push({ kind: "begin", head, raw: Buffer.from(raw).toString() });
    setImmediate(done);
  }

  end(head: EndHead, raw: readonly Uint8Array[], done: (error?: Error) => void): void {
    const write = (): void => {
      if (this.failEnd) return done(new Error("ENOSPC"));
      this.log.push({ kind: "end", head, raw: Buffer.concat(raw).toString() });
      done();
    };
    if (this.holdEnd) this.holdEnd(write);
    else setImmediate(write);
  }

  ends(): EndHead[] {
    return this.log.filter((entry) => entry.kind === "end").map((entry) => entry.head as EndHead);
  }

  reset(): void {
    this.log.length = 0;
    this.failBegin = false;
    this.failEnd = false;
    this.holdEnd = undefined;
  }
}

export interface RunningGateway {
  gateway: Gateway;
  recorder: ArrayRecorder;
  port: number;
  stop(): Promise<void>;
}

/**
 * A gateway on loopback with short timeouts, which records into memory. Unless a test says so, `local/…` is answered by
 * nobody, nothing is asked again, and no target is passed over for what it did to an earlier test.
 */
export async function startGateway(
  changes: Partial<Config>,
  options: Partial<GatewayOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<RunningGateway> {
  const config = { ...DEFAULT_CONFIG, ...changes };
  const providers = createProviderSet(config, env);
  const recorder = new ArrayRecorder();
  const gateway = createGateway({
    config: () => config,
    providers: () => providers,
    resolveKey: (digest) => KEYS.get(digest),
    recorder,
    resolveLocal: (_model, done) => done(new Error("there is none")),
    allowedHosts: () => new Set(["localhost", "127.0.0.1"]),
    ...options,
    limits: {
      timeouts: { connect: 500, first_byte: 400, first_byte_whole: 400, idle: 400, total: 5000 },
      retry: { ...DEFAULT_LIMITS.retry, retries: 0 },
      circuit: { ...DEFAULT_LIMITS.circuit, volume: Number.POSITIVE_INFINITY },
      ...options.limits,
    },
  });
  await new Promise<void>((resolve) => gateway.server.listen(0, "127.0.0.1", resolve));
  const { port } = gateway.server.address() as AddressInfo;
  return { gateway, recorder, port, stop: () => new Promise<void>((resolve) => gateway.drain(resolve)) };
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The connection broke before the answer was complete. */
  broken: boolean;
}

export interface Sent {
  port: number;
  method?: string;
  path?: string;
  /** A header with the value "" is left out. */
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** One request on a connection of its own. */
export function send(options: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const usual = { "content-type": "application/json", authorization: `Bearer ${SECRET}` };
  const headers = Object.entries({ ...usual, ...options.headers }).filter(([, value]) => value !== "");
  const req = http.request(
    {
      port: options.port,
      host: "127.0.0.1",
      method: options.method ?? "POST",
      path: options.path ?? "/v1/chat/completions",
      headers: Object.fromEntries(headers),
      agent: false,
    },
    (res) => {
      const chunks: Buffer[] = [];
      const finish = (broken: boolean): void =>
        resolve({ status: res.statusCode!, headers: res.headers, text: Buffer.concat(chunks).toString(), broken });
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("end", () => finish(false));
      res.on("error", () => finish(true));
    },
  );
  req.on("error", reject);
  req.end(options.body);
  return promise;
}

export function chatBody(model: string, extra: object = {}): string {
  return JSON.stringify({ model, messages: [{ role: "user", content: "Where is my card?" }], ...extra });
}

/**
 * Send bytes as they are, and more after a while where there are more pieces; resolves with all that comes back until
 * the server closes, or says no more for a while.
 */
export function sendRaw(
  port: number,
  pieces: Iterable<string | Buffer>,
  { quiet_ms = 1500, pause_ms = 100 } = {},
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const left = pieces[Symbol.iterator]();
  const socket = net.connect(port, "127.0.0.1");
  let received = "";
  const next = (): void => {
    const { value, done } = left.next();
    if (done || socket.destroyed) return;
    socket.write(value);
    setTimeout(next, pause_ms);
  };
  socket.on("connect", next);
  socket.setTimeout(quiet_ms, () => socket.destroy());
  socket.on("data", (chunk) => (received += chunk.toString()));
  socket.on("error", () => {});
  socket.on("close", () => resolve(received));
  return promise;
}
