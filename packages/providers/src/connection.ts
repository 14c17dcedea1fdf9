import net from "node:net";
import tls from "node:tls";
import { ResponseParser } from "./response-parser.ts";
import { UpstreamError } from "./upstream-error.ts";

/** What a connection tells the exchange that uses it. */
export interface ConnectionUser {
  onConnected(): void;
  onHead(status: number, rawHeaders: string[]): void;
  onData(chunk: Buffer): void;
  /** The response is whole and the connection already given back or dropped. */
  onEnd(): void;
  onFailure(error: UpstreamError, beforeFirstByte: boolean): void;
}

export interface TlsOptions {
  /** Extra certificate authorities, PEM. Verification itself cannot be switched off. */
  ca?: string | Buffer;
}

const JOIN_BELOW = 16 * 1024;

const READ_INTO = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * All connections read into the same buffer, and what came is copied at its true size: 64 KB anew for every read would be
 * more to allocate and to collect than most answers are long.
 */
function intoOne(onChunk: (chunk: Buffer) => void): net.OnReadOpts {
  return {
    buffer: READ_INTO,
    callback(size) {
      onChunk(Buffer.from(READ_INTO.subarray(0, size)));
      return true; // and goes on reading
    },
  };
}

/** One socket to one origin, carrying one request at a time. */
export class Connection {
  /** Requests answered so far; a connection that already answered one may have died unnoticed since. */
  served = 0;
  /** `performance.now()` after which an idle connection is not used again. */
  idleUntil = 0;

  #socket: net.Socket;
  #parser: ResponseParser;
  #user: ConnectionUser | undefined;
  #connected = false;
  #onFree: (connection: Connection, reusable: boolean) => void;

  constructor(origin: string, tlsOptions: TlsOptions, onFree: (connection: Connection, reusable: boolean) => void) {
    this.#onFree = onFree;
    this.#parser = new ResponseParser({
      onHead: (status, rawHeaders) => this.#user?.onHead(status, rawHeaders),
      onBody: (chunk) => this.#user?.onData(chunk),
      onComplete: () => this.#complete(),
    });
    const url = new URL(origin);
    const secure = url.protocol === "https:";
    this.#socket = open(url, secure, tlsOptions, (chunk) => this.#read(chunk));
    this.#socket.setNoDelay(true);
    this.#socket.once(secure ? "secureConnect" : "connect", () => {
      this.#connected = true;
      this.#user?.onConnected();
    });
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error));
    this.#socket.on("close", () => this.#fail());
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** What the server allows an idle connection, in milliseconds, or `fallback`. */
  idleMs(fallback: number): number {
    const seconds = this.#parser.keepAliveSeconds;
    // A second less than promised: the server's clock starts before ours.
    return seconds === undefined ? fallback : Math.max(0, Math.min(fallback, (seconds - 1) * 1000));
  }

  /** Send a request; the connection must be free. Writing before the connection stands is fine, it is kept. */
  send(user: ConnectionUser, head: string, body: readonly Uint8Array[]): void {
    this.#user = user;
    this.#parser.reset();
    this.#socket.ref();
    let size = 0;
    for (const part of body) size += part.length;
    if (size < JOIN_BELOW) {
      this.#socket.write(Buffer.concat([Buffer.from(head, "latin1"), ...body])); // one small write beats a gather
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    for (const part of body) this.#socket.write(part);
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Close at once; the user hears nothing more. */
  destroy(): void {
    this.#user = undefined;
    this.#parser.stop();
    this.#socket.destroy();
  }

  /** An idle connection keeps no process alive. */
  rest(): void {
    this.#socket.unref();
  }

  #read(chunk: Buffer): void {
    if (!this.#user) return this.#drop(); // bytes nobody asked for
    try {
      this.#parser.execute(chunk);
    } catch (error) {
      this.#report(new UpstreamError("malformed", error instanceof Error ? error.message : String(error)));
      return;
    }
  }

  #complete(): void {
    const user = this.#user;
    this.#user = undefined;
    this.served++;
    const reusable = this.#parser.reusable && this.#socket.writableLength === 0 && !this.#socket.destroyed;
    if (!reusable) this.#socket.destroy();
    else if (this.#socket.isPaused()) this.#socket.resume();
    this.#onFree(this, reusable);
    user?.onEnd();
  }

  #drop(): void {
    this.#socket.destroy();
    this.#onFree(this, false);
  }

  #ended(): void {
    if (this.#user && this.#parser.finish()) return;
    this.#fail();
  }

  #fail(error?: NodeJS.ErrnoException): void {
    if (!this.#user) return this.#drop();
    const detail = error ? error.message : "the connection was closed";
    const code = error?.code === undefined ? {} : { code: error.code };
    if (!this.#connected) this.#report(new UpstreamError("connect", detail, code));
    else this.#report(new UpstreamError(this.#parser.started ? "truncated" : "reset", detail, code));
  }

  #report(error: UpstreamError): void {
    const user = this.#user;
    const beforeFirstByte = !this.#parser.started;
    this.destroy();
    this.#onFree(this, false);
    user?.onFailure(error, beforeFirstByte);
  }
}

function open(url: URL, secure: boolean, tlsOptions: TlsOptions, onChunk: (chunk: Buffer) => void): net.Socket {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (secure ? 443 : 80);
  if (!secure) return net.connect({ host, port, onread: intoOne(onChunk) });
  const names = net.isIP(host) === 0 ? { servername: host } : {};
  const socket = tls.connect({
    host,
    port,
    ...names,
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...tlsOptions,
  });
  return socket.on("data", onChunk);
}
