import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { FlywheelError } from "@flywheel/protocol";
import type { Limits } from "./limits.ts";

/** Where a value lies in a body: `[start, end)`. */
export interface Span {
  start: number;
  end: number;
}

const PARSE_BELOW = 16 * 1024;
/** A client that goes on sending this many times the limit is cut off instead of being read to the end. */
const DISCARD_FACTOR = 4;

/**
 * Read a request body. Over the limit the error comes at once, while the rest is read and thrown away: a client that is
 * cut off in the middle of sending would see a broken connection and never the answer that tells it why.
 */
export function readBody(
  req: IncomingMessage,
  limit: number,
  done: (error: FlywheelError | undefined, body: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let refused = false;
  const refuse = (): void => {
    refused = true;
    chunks.length = 0;
    done(new FlywheelError("body_too_large", { limit }), Buffer.alloc(0));
  };
  if (Number(req.headers["content-length"] ?? 0) > limit) refuse();
  req.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (!refused && size <= limit) chunks.push(chunk);
    else if (!refused) refuse();
    else if (size > limit * DISCARD_FACTOR) req.destroy();
  });
  req.on("end", () => {
    if (!refused) done(undefined, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  });
}

/** @throws FlywheelError `unsupported_media_type` */
export function checkContentType(req: IncomingMessage, body: Buffer): void {
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    throw new FlywheelError("unsupported_media_type", { type: `with content-encoding ${encoding}` });
  const type = req.headers["content-type"]?.split(";", 1)[0]!.trim().toLowerCase();
  if (type === undefined || type === "application/json" || type.endsWith("+json")) return;
  // `curl -d` says this of any body; what begins like an object is JSON all the same.
  if (type === "application/x-www-form-urlencoded" && body[0] === 0x7b) return;
  throw new FlywheelError("unsupported_media_type", { type });
}

/**
 * Find the members of a JSON object without building it: key → where its value lies. Depth and size are bounded before
 * any recursive parser sees the text. Small bodies are also parsed, to refuse what is not JSON here and now; of a large
 * one only the structure is checked (a parse would cost more than everything else we do), the rest is the provider's to refuse.
 *
 * @throws FlywheelError `invalid_json`, `too_deep`, `too_many_keys`
 */
export function scanObject(body: Buffer, limits: Pick<Limits, "depth" | "keys">): Map<string, Span> {
  if (!isUtf8(body)) throw invalid("it is not UTF-8");
  const members = scan(body, limits);
  if (body.length < PARSE_BELOW) parseSpan(body, { start: 0, end: body.length });
  return members;
}

/**
 * Any JSON value, whose depth and size are bounded before it is parsed.
 * @throws FlywheelError `invalid_json`, `too_deep`, `too_many_keys`
 */
export function parseValue(body: Buffer, limits: Pick<Limits, "depth" | "keys">): unknown {
  if (!isUtf8(body)) throw invalid("it is not UTF-8");
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) at = endOfString(body, at + 1) - 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      keys++;
      if (++depth > limits.depth) throw new FlywheelError("too_deep", { limit: limits.depth });
    } else if (byte === COLON) keys++;
    if (keys > limits.keys) throw new FlywheelError("too_many_keys", { limit: limits.keys });
  }
  return parseSpan(body, { start: 0, end: body.length });
}

/** @throws FlywheelError `invalid_json` */
export function parseSpan(body: Buffer, span: Span): unknown {
  try {
    return JSON.parse(body.toString("utf8", span.start, span.end)) as unknown;
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : "it cannot be parsed");
  }
}

function invalid(reason: string): FlywheelError {
  return new FlywheelError("invalid_json", { reason });
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function scan(body: Buffer, limits: Pick<Limits, "depth" | "keys">): Map<string, Span> {
  const members = new Map<string, Span>();
  const closers: number[] = [];
  let at = skipSpace(body, 0);
  if (body[at] !== OPEN_BRACE) throw invalid(body.length === 0 ? "it is empty" : "it is not an object");
  let keys = 0;
  let key: string | undefined;
  let valueStart = 0;
  const closeMember = (end: number): void => {
    if (key === undefined) return;
    if (members.has(key)) throw invalid(`the key ${JSON.stringify(key)} occurs twice`);
    members.set(key, { start: valueStart, end: trimEnd(body, end) });
    key = undefined;
  };
  for (; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE: {
        const end = endOfString(body, at + 1);
        const after = skipSpace(body, end);
        if (closers.length === 1 && key === undefined && body[after] === COLON) {
          key = parseSpan(body, { start: at, end }) as string;
          valueStart = skipSpace(body, after + 1);
          keys++;
          at = after;
        } else at = end - 1;
        break;
      }
      case COLON:
        keys++;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        closers.push(body[at] === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
        if (closers.length > limits.depth) throw new FlywheelError("too_deep", { limit: limits.depth });
        keys++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (closers.pop() !== body[at]) throw invalid(`a bracket at byte ${at} closes nothing`);
        if (closers.length > 0) break;
        closeMember(at);
        if (skipSpace(body, at + 1) < body.length) throw invalid("something follows the object");
        return members;
      case COMMA:
        if (closers.length === 1) closeMember(at);
        break;
    }
    if (keys > limits.keys) throw new FlywheelError("too_many_keys", { limit: limits.keys });
  }
  throw invalid("it ends in the middle");
}

/** A call into native code costs more than to look at so many bytes; quoted text has a quote every few words. */
const NEAR = 32;

function nextQuote(body: Buffer, from: number): number {
  const near = Math.min(from + NEAR, body.length);
  for (let at = from; at < near; at++) if (body[at] === QUOTE) return at;
  return body.indexOf(QUOTE, near);
}

function endOfString(body: Buffer, from: number): number {
  for (let at = from; ;) {
    const quote = nextQuote(body, at);
    if (quote < 0) throw invalid("a string does not end");
    let escapes = 0;
    while (body[quote - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function skipSpace(body: Buffer, at: number): number {
  while (isSpace(body[at])) at++;
  return at;
}

function trimEnd(body: Buffer, end: number): number {
  while (isSpace(body[end - 1])) end--;
  return end;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
