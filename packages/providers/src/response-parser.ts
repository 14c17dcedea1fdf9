/** The upstream said something that is not one well-formed HTTP/1.1 response. */
export class MalformedResponse extends Error {
  override name = "MalformedResponse";
}

export interface ResponseSink {
  onHead(status: number, rawHeaders: string[]): void;
  /** A view into the bytes read from the socket, yours to keep. */
  onBody(chunk: Buffer): void;
  onComplete(): void;
}

const HEAD_LIMIT = 64 * 1024;
const LINE_LIMIT = 4 * 1024;
const TRAILER_LIMIT = 16 * 1024;
const INTERIM_LIMIT = 16;
const LF = 10;
const CR = 13;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

type State = "head" | "length" | "until-close" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "complete";

/**
 * Reads one HTTP/1.1 response after another from the bytes of one connection (RFC 9112). Strict on purpose: whatever two
 * parsers could read differently (two lengths, a bare LF, a folded header, an odd transfer coding) throws
 * {@link MalformedResponse}; the connection must then be dropped.
 */
export class ResponseParser {
  /** True once a byte of the current response has come. */
  started = false;
  /** False when the connection must not carry another request. */
  reusable = true;
  /** Seconds the server says it keeps an idle connection; `undefined` when it did not say. */
  keepAliveSeconds: number | undefined;

  #sink: ResponseSink;
  #state: State = "head";
  #remaining = 0;
  #held: Buffer | undefined;
  #interim = 0;
  #trailerBytes = 0;
  /** Where the body bytes of the read under way lie; an end of 0 = none yet. */
  #squeezedStart = 0;
  #squeezedEnd = 0;
  #stopped = false;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Make ready for the next response on the same connection. */
  reset(): void {
    this.started = false;
    this.#state = "head";
    this.#interim = 0;
    this.#trailerBytes = 0;
  }

  /** Ignore everything from here on; callable from inside a callback. */
  stop(): void {
    this.#stopped = true;
  }

  execute(chunk: Buffer): void {
    this.started = true;
    let at = 0;
    try {
      while (at < chunk.length && !this.#stopped && this.#state !== "complete") at = this.#step(chunk, at);
    } finally {
      this.#giveSqueezed(chunk);
    }
    if (this.#state !== "complete" || this.#stopped) return;
    // Bytes beyond the end belong to nobody; on a reused connection they would answer somebody else's request.
    if (at < chunk.length) this.reusable = false;
    this.#sink.onComplete();
  }

  /** The connection's read side ended. True when that completed the response, false when it was cut off. */
  finish(): boolean {
    this.reusable = false;
    if (this.#state !== "until-close") return false;
    this.#state = "complete";
    this.#sink.onComplete();
    return true;
  }

  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(chunk, at);
      case "length":
      case "chunk-data":
        return this.#readCounted(chunk, at);
      case "until-close":
        this.#sink.onBody(at === 0 ? chunk : chunk.subarray(at));
        return chunk.length;
      default:
        return this.#readChunkLine(chunk, at);
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const held = this.#held;
    const bytes = held ? Buffer.concat([held, chunk.subarray(at)]) : at === 0 ? chunk : chunk.subarray(at);
    const end = bytes.indexOf("\r\n\r\n");
    if (end > HEAD_LIMIT || (end < 0 && bytes.length > HEAD_LIMIT))
      throw new MalformedResponse(`header larger than ${HEAD_LIMIT} bytes`);
    if (end < 0) {
      if (/(^|[^\r])\n|\r[^\n]/.test(bytes.toString("latin1")))
        throw new MalformedResponse("a line of the header does not end in CR LF");
      this.#held = bytes;
      return chunk.length;
    }
    this.#held = undefined;
    const next = chunk.length - (bytes.length - (end + 4));
    this.#takeHead(bytes.toString("latin1", 0, end));
    return next;
  }

  #takeHead(text: string): void {
    const lines = text.split("\r\n");
    const match = STATUS_LINE.exec(lines[0]!);
    if (!match) throw new MalformedResponse("not an HTTP/1.1 status line");
    const status = Number(match[2]);
    const rawHeaders: string[] = [];
    for (let i = 1; i < lines.length; i++) {
      const field = FIELD.exec(lines[i]!);
      if (!field) throw new MalformedResponse("a header field is malformed");
      rawHeaders.push(field[1]!, field[2]!);
    }
    if (status < 200) return this.#skipInterim(status);
    const framing = readFraming(rawHeaders);
    if (match[1] === "0" || framing.close) this.reusable = false;
    this.keepAliveSeconds = framing.keepAliveSeconds;
    this.#frame(status, framing, match[1] === "0");
    this.#sink.onHead(status, rawHeaders);
  }

  #skipInterim(status: number): void {
    if (status === 101) throw new MalformedResponse("switched protocols without being asked");
    if (++this.#interim > INTERIM_LIMIT) throw new MalformedResponse("too many interim responses");
  }

  #frame(status: number, framing: Framing, http10: boolean): void {
    if (framing.chunked && (framing.length !== undefined || http10))
      throw new MalformedResponse("two ways to find the end of the body");
    if (status === 204 || status === 304) this.#state = "complete";
    else if (framing.chunked) this.#state = "chunk-size";
    else if (framing.length === undefined) this.#state = "until-close";
    else {
      this.#remaining = framing.length;
      this.#state = framing.length === 0 ? "complete" : "length";
    }
    if (this.#state === "until-close") this.reusable = false;
  }

  #readCounted(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    this.#remaining -= end - at;
    if (this.#state === "chunk-data") {
      if (this.#remaining === 0) this.#state = "chunk-end";
      this.#squeeze(chunk, at, end);
    } else {
      if (this.#remaining === 0) this.#state = "complete";
      this.#sink.onBody(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    }
    return end;
  }

  /**
   * A stream sends one small chunk per token, and a busy one many in a read. Their framing is squeezed out in place, so
   * that everyone after us handles one buffer per read instead of one per token:
   *
   *     5\r\nhello\r\n1\r\n!\r\n   →   5\r\n[hello!]…
   */
  #squeeze(chunk: Buffer, start: number, end: number): void {
    if (this.#squeezedEnd === 0) this.#squeezedStart = start;
    else chunk.copyWithin(this.#squeezedEnd, start, end);
    this.#squeezedEnd = this.#squeezedEnd === 0 ? end : this.#squeezedEnd + end - start;
  }

  #giveSqueezed(chunk: Buffer): void {
    if (this.#squeezedEnd === 0) return;
    const body = chunk.subarray(this.#squeezedStart, this.#squeezedEnd);
    this.#squeezedEnd = 0;
    if (!this.#stopped) this.#sink.onBody(body);
  }

  #readChunkLine(chunk: Buffer, at: number): number {
    const next = this.#held ? 0 : this.#readPlainChunkLine(chunk, at);
    if (next > 0) return next;
    const lf = chunk.indexOf(LF, at);
    const piece = chunk.subarray(at, lf < 0 ? chunk.length : lf + 1);
    const line = this.#held ? Buffer.concat([this.#held, piece]) : piece;
    if (line.length > LINE_LIMIT) throw new MalformedResponse("a line between chunks is too long");
    if (lf < 0) {
      this.#held = line;
      return chunk.length;
    }
    this.#held = undefined;
    if (line.length < 2 || line[line.length - 2] !== CR) throw new MalformedResponse("a chunk does not end in CR LF");
    this.#takeChunkLine(line.toString("latin1", 0, line.length - 2));
    return lf + 1;
  }

  /** The usual case without making a string: a whole `\r\n` or a whole `<hex>\r\n`. 0 = not that simple. */
  #readPlainChunkLine(chunk: Buffer, at: number): number {
    let size = 0;
    let end = at;
    if (this.#state === "chunk-size") {
      for (let digit = hexDigit(chunk[end]); digit >= 0; digit = hexDigit(chunk[++end])) size = size * 16 + digit;
      if (end === at || end - at > 8) return 0;
    } else if (this.#state !== "chunk-end") return 0;
    if (chunk[end] !== CR || chunk[end + 1] !== LF) return 0;
    if (this.#state === "chunk-end") this.#state = "chunk-size";
    else this.#startChunk(size);
    return end + 2;
  }

  #startChunk(size: number): void {
    this.#remaining = size;
    this.#state = size === 0 ? "trailers" : "chunk-data";
  }

  #takeChunkLine(line: string): void {
    if (this.#state === "chunk-end") {
      if (line !== "") throw new MalformedResponse("a chunk is longer than its size says");
      this.#state = "chunk-size";
    } else if (this.#state === "chunk-size") {
      const match = CHUNK_SIZE.exec(line);
      if (!match) throw new MalformedResponse("a chunk size is malformed");
      this.#startChunk(Number.parseInt(match[1]!, 16));
    } else if (line === "") {
      this.#state = "complete";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > TRAILER_LIMIT || !FIELD.test(line))
        throw new MalformedResponse("a trailer field is malformed");
    }
  }
}

/** −1 for anything that is not a hexadecimal digit. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

interface Framing {
  length: number | undefined;
  chunked: boolean;
  close: boolean;
  keepAliveSeconds: number | undefined;
}

function readFraming(rawHeaders: readonly string[]): Framing {
  const framing: Framing = { length: undefined, chunked: false, close: false, keepAliveSeconds: undefined };
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]!;
    switch (rawHeaders[i]!.toLowerCase()) {
      case "content-length":
        if (framing.length !== undefined || !/^\d{1,15}$/.test(value))
          throw new MalformedResponse("content-length is repeated or not a number");
        framing.length = Number(value);
        break;
      case "transfer-encoding":
        if (framing.chunked || value.toLowerCase() !== "chunked")
          throw new MalformedResponse(`transfer-encoding ${value} is not supported`);
        framing.chunked = true;
        break;
      case "connection":
        if (/(^|,)\s*close\s*(,|$)/i.test(value)) framing.close = true;
        break;
      case "keep-alive": {
        const seconds = /(?:^|,)\s*timeout=(\d{1,6})/i.exec(value)?.[1];
        if (seconds !== undefined) framing.keepAliveSeconds = Number(seconds);
        break;
      }
    }
  }
  return framing;
}
