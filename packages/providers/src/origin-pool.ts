import { Connection } from "./connection.ts";
import type { TlsOptions } from "./connection.ts";

export interface PoolLimits {
  /** Connections to one origin. */
  connections: number;
  /** Calls that may wait for one when all are busy. */
  waiting: number;
  /** Milliseconds an unused connection is kept. */
  idleMs: number;
}

/** Someone who needs a connection. */
export interface Waiter {
  take(connection: Connection): void;
}

/**
 * The connections to one origin. The last one given back is the first one taken: it is the least likely to have been
 * closed by the server, and the others can grow old and go.
 */
export class OriginPool {
  #origin: string;
  #limits: PoolLimits;
  #tls: TlsOptions;
  #idle: Connection[] = [];
  #all = new Set<Connection>();
  #waiting: Waiter[] = [];
  #sweeper: NodeJS.Timeout | undefined;

  constructor(origin: string, limits: PoolLimits, tlsOptions: TlsOptions) {
    this.#origin = origin;
    this.#limits = limits;
    this.#tls = tlsOptions;
  }

  get size(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** False when the queue is full. `fresh` refuses a connection that was used before. */
  acquire(waiter: Waiter, fresh: boolean): boolean {
    const used = fresh ? undefined : this.#takeIdle();
    if (used) {
      waiter.take(used);
    } else if (this.#all.size < this.#limits.connections) {
      waiter.take(this.#open());
    } else if (fresh && this.#idle.length > 0) {
      this.#discard(this.#idle.shift()!); // make room: a retry must not meet a second stale connection
      waiter.take(this.#open());
    } else if (this.#waiting.length < this.#limits.waiting) {
      this.#waiting.push(waiter);
    } else {
      return false;
    }
    return true;
  }

  cancel(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Drop a connection in use. */
  discard(connection: Connection): void {
    this.#discard(connection);
    this.#serveNext();
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const connection of this.#idle.splice(0)) this.#discard(connection);
  }

  #open(): Connection {
    const connection = new Connection(this.#origin, this.#tls, (freed, reusable) => this.#free(freed, reusable));
    this.#all.add(connection);
    return connection;
  }

  #takeIdle(): Connection | undefined {
    const now = performance.now();
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection || connection.idleUntil > now) return connection;
      this.#discard(connection);
    }
  }

  #free(connection: Connection, reusable: boolean): void {
    if (!this.#all.has(connection)) return;
    if (!reusable) {
      this.#all.delete(connection);
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#serveNext();
      return;
    }
    const next = this.#waiting.shift();
    if (next) return next.take(connection);
    connection.idleUntil = performance.now() + connection.idleMs(this.#limits.idleMs);
    connection.rest();
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), 1000).unref();
  }

  #serveNext(): void {
    if (this.#waiting.length === 0 || this.#all.size >= this.#limits.connections) return;
    this.#waiting.shift()!.take(this.#open());
  }

  #sweep(): void {
    const now = performance.now();
    this.#idle = this.#idle.filter((connection) => {
      if (connection.idleUntil > now) return true;
      this.#discard(connection);
      return false;
    });
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #discard(connection: Connection): void {
    this.#all.delete(connection);
    connection.destroy();
  }
}
