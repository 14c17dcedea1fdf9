import type { Connection, ConnectionUser, TlsOptions } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import type { Deadline } from "./deadlines.ts";
import { OriginPool } from "./origin-pool.ts";
import type { PoolLimits, Waiter } from "./origin-pool.ts";
import { UpstreamError } from "./upstream-error.ts";
import type { TimeoutPhase } from "./upstream-error.ts";

/** Milliseconds. `idle` is the time between two reads while the body is being read. */
export interface UpstreamTimeouts {
  connect: number;
  first_byte: number;
  idle: number;
  total: number;
}

export interface UpstreamRequest {
  /** `https://api.openai.com`, as `URL.origin` writes it. */
  origin: string;
  method: "GET" | "POST";
  /** With a leading slash. */
  path: string;
  /** Name, value, name, value …; `host`, `content-length`, `connection` and `accept-encoding` are ours to set. */
  headers: readonly string[];
  /** Sent as it is, one part after the other, never copied when large. */
  body: readonly Uint8Array[];
  timeouts: UpstreamTimeouts;
  /** Never sent a second time, not even where a kept connection turns out to be dead: what it does costs, or cannot be undone. */
  once?: boolean;
}

/** Exactly one of `onEnd` and `onError` is called, last, unless the call was aborted: then nothing is. */
export interface UpstreamHandler {
  /** Header names are as the server wrote them. */
  onHead(status: number, rawHeaders: string[]): void;
  /** A view into what the socket read; keep it as long as you like. */
  onData(chunk: Buffer): void;
  /** The response is complete by its own framing. A connection that merely broke off is an error. */
  onEnd(): void;
  onError(error: UpstreamError): void;
}

export interface UpstreamCall {
  /** Close the connection now, so that the server stops working. No callback follows. */
  abort(): void;
  /** Stop reading; the server is slowed down by TCP. The idle timeout stands still meanwhile. */
  pause(): void;
  resume(): void;
}

export interface UpstreamOptions extends Partial<PoolLimits> {
  tls?: TlsOptions;
}

/** A keep-alive HTTP/1.1 client for model calls. */
export interface Upstream {
  /** Callbacks come later, never from inside this call. */
  request(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  stats(): { connections: number; idle: number };
  /** Close idle connections. Calls under way finish. */
  close(): void;
}

const DEFAULT_LIMITS: PoolLimits = { connections: 1024, waiting: 4096, idleMs: 30_000 };

export function createUpstream(options: UpstreamOptions = {}): Upstream {
  const { tls = {}, ...limits } = options;
  const pools = new Map<string, OriginPool>();
  const deadlines = new Deadlines();
  const poolOf = (origin: string): OriginPool => {
    let pool = pools.get(origin);
    if (!pool) pools.set(origin, (pool = new OriginPool(origin, { ...DEFAULT_LIMITS, ...limits }, tls)));
    return pool;
  };
  return {
    request(request, handler) {
      const head = writeHead(request);
      const exchange = new Exchange(request, head, handler, poolOf(request.origin), deadlines);
      exchange.start();
      return exchange;
    },
    stats() {
      let connections = 0;
      let idle = 0;
      for (const pool of pools.values()) {
        connections += pool.size;
        idle += pool.idle;
      }
      return { connections, idle };
    },
    close() {
      for (const pool of pools.values()) pool.close();
    },
  };
}

function writeHead(request: UpstreamRequest): string {
  let length = 0;
  for (const part of request.body) length += part.length;
  let head = `${request.method} ${request.path} HTTP/1.1\r\nhost: ${request.origin.slice(request.origin.indexOf("//") + 2)}\r\n`;
  if (/[^\x21-\x7e]/.test(request.path)) throw new TypeError("the path holds a character that cannot be sent");
  for (let i = 0; i < request.headers.length; i += 2) {
    // A line break here would forge a second request.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(request.headers[i]! + request.headers[i + 1]!))
      throw new TypeError(`header ${request.headers[i]} holds a character that cannot be sent`);
    head += `${request.headers[i]}: ${request.headers[i + 1]}\r\n`;
  }
  if (request.method === "POST") head += `content-length: ${length}\r\n`;
  head += "accept-encoding: identity\r\nconnection: keep-alive\r\n\r\n";
  return head;
}

/** One request and its response: waits for a connection, keeps the deadlines, retries once where that is safe. */
class Exchange implements UpstreamCall, ConnectionUser, Waiter, Deadline {
  at = Number.POSITIVE_INFINITY;
  slot = -1;

  #request: UpstreamRequest;
  #head: string;
  #handler: UpstreamHandler;
  #pool: OriginPool;
  #deadlines: Deadlines;
  #connection: Connection | undefined;
  #phase: TimeoutPhase = "connect";
  #latest: number;
  #retried = false;
  #paused = false;
  #over = false;

  constructor(
    request: UpstreamRequest,
    head: string,
    handler: UpstreamHandler,
    pool: OriginPool,
    deadlines: Deadlines,
  ) {
    this.#request = request;
    this.#head = head;
    this.#handler = handler;
    this.#pool = pool;
    this.#deadlines = deadlines;
    this.#latest = performance.now() + request.timeouts.total;
  }

  start(): void {
    this.#deadlines.add(this);
    this.#enter("connect");
    if (!this.#pool.acquire(this, this.#retried)) {
      process.nextTick(() =>
        this.#fail(new UpstreamError("overloaded", "too many calls are waiting for a connection")),
      );
    }
  }

  take(connection: Connection): void {
    this.#connection = connection;
    if (connection.connected) this.#enter("first_byte");
    connection.send(this, this.#head, this.#request.body);
  }

  abort(): void {
    if (!this.#finish()) return;
    this.#release();
  }

  pause(): void {
    if (this.#over || this.#paused) return;
    this.#paused = true;
    this.at = this.#latest;
    this.#connection?.pause();
  }

  resume(): void {
    if (this.#over || !this.#paused) return;
    this.#paused = false;
    this.#enter(this.#phase);
    this.#connection?.resume();
  }

  expire(): void {
    const phase = performance.now() >= this.#latest ? "total" : this.#phase;
    this.#fail(new UpstreamError("timeout", `timed out (${phase})`, { phase, ms: this.#request.timeouts[phase] }));
  }

  onConnected(): void {
    this.#enter("first_byte");
  }

  onHead(status: number, rawHeaders: string[]): void {
    this.#enter("idle");
    this.#handler.onHead(status, rawHeaders);
  }

  onData(chunk: Buffer): void {
    this.#enter("idle");
    this.#handler.onData(chunk);
  }

  onEnd(): void {
    if (this.#finish()) this.#handler.onEnd();
  }

  onFailure(error: UpstreamError, beforeFirstByte: boolean): void {
    // A kept connection can die between two requests without our knowing. Then the server never saw this one,
    // as far as HTTP can tell, and sending it once more is right (RFC 9110 §9.2.2); anything else is the caller's choice.
    const stale =
      this.#request.once !== true &&
      beforeFirstByte &&
      error.kind === "reset" &&
      this.#connection !== undefined &&
      this.#connection.served > 0;
    this.#connection = undefined;
    if (stale && !this.#retried && !this.#over) {
      this.#retried = true;
      this.start();
      return;
    }
    this.#fail(error);
  }

  #enter(phase: TimeoutPhase): void {
    this.#phase = phase;
    if (!this.#paused) this.at = Math.min(this.#latest, this.#deadlines.now + this.#request.timeouts[phase]);
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#deadlines.delete(this);
    return true;
  }

  #release(): void {
    if (this.#connection) this.#pool.discard(this.#connection);
    else this.#pool.cancel(this);
    this.#connection = undefined;
  }

  #fail(error: UpstreamError): void {
    if (!this.#finish()) return;
    this.#release();
    this.#handler.onError(error);
  }
}
