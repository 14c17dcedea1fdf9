import { FlywheelError } from "@flywheel/protocol";
import { readError } from "@flywheel/providers";
import { headersOf, refuse } from "./call.ts";
import type { Call, Relay } from "./call.ts";
import { sendJson } from "./errors.ts";
import { recordEnd } from "./record.ts";
import { isSame, translateAnswer } from "./translate.ts";

/** A provider's answer in one piece. */
export interface UpstreamAnswer {
  status: number;
  contentType: string;
  /** Those that are passed on. */
  headers: readonly string[];
  body: Buffer;
  /** The body was cut at the limit. */
  tooLarge: boolean;
}

/** Collects an answer in one piece. */
export class WholeRelay implements Relay {
  readonly raw: Buffer[] = [];
  readonly contentType: string;

  #limit: number;
  #bytes = 0;
  #onWhole: (body: Buffer, tooLarge: boolean) => void;
  #onFail: (error: FlywheelError) => void;
  #call: Call;

  constructor(
    call: Call,
    contentType: string,
    limit: number,
    onWhole: (body: Buffer, tooLarge: boolean) => void,
    onFail: (error: FlywheelError) => void,
  ) {
    this.#call = call;
    this.contentType = contentType;
    this.#limit = limit;
    this.#onWhole = onWhole;
    this.#onFail = onFail;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#limit) {
      this.raw.push(chunk);
      return;
    }
    this.#call.upstream?.abort();
    this.#onWhole(this.#joined(), true);
  }

  end(): void {
    this.#onWhole(this.#joined(), false);
  }

  fail(error: FlywheelError): void {
    this.#onFail(error);
  }

  #joined(): Buffer {
    return this.raw.length === 1 ? this.raw[0]! : Buffer.concat(this.raw);
  }
}

type Fields = Record<string, unknown>;

/**
 * Give the client a whole answer, once it is on record. Returns the error instead where it is none: a bad status, HTML,
 * half a document, an error under a good status, one body where a stream was asked for.
 */
export function answerWhole(
  call: Call,
  provider: string,
  answer: UpstreamAnswer,
  settled: () => void,
): FlywheelError | undefined {
  const error = checkWhole(call, provider, answer);
  if (error) return error;
  const body = clientBody(call, answer);
  if (!body) return new FlywheelError("upstream_invalid", { provider, reason: "the answer cannot be translated" });
  if (body instanceof FlywheelError) return body;
  settled();
  recordEnd(
    call,
    { status: "ok", http_status: answer.status, content_type: answer.contentType, raw: [answer.body] },
    (failed) => {
      if (failed) return refuse(call, failed);
      sendJson(call.client, answer.status, body, [...headersOf(call), ...answer.headers]);
    },
  );
  return undefined;
}

/** `undefined` for what no serialiser can hold, such as arguments nested deeper than the stack. */
function clientBody(call: Call, answer: UpstreamAnswer): Buffer | FlywheelError | undefined {
  if (isSame(call)) return answer.body;
  try {
    return translateAnswer(call, parse(answer.body)!);
  } catch {
    return undefined;
  }
}

function checkWhole(call: Call, provider: string, answer: UpstreamAnswer): FlywheelError | undefined {
  const invalid = (reason: string): FlywheelError => new FlywheelError("upstream_invalid", { provider, reason });
  if (answer.status >= 300 && answer.status < 400)
    return invalid(`a redirect (${answer.status}), and those are not followed`);
  const body = parse(answer.body);
  const error = body && readError(body);
  if (answer.status >= 400 || error)
    return new FlywheelError("upstream_error", { provider, reason: error?.message ?? `status ${answer.status}` });
  if (answer.tooLarge) return invalid("the answer is too large");
  if (!body) return invalid(answer.contentType.includes("html") ? "an HTML page" : "the body is not a JSON object");
  if (!call.answering.isAnswer(body, call.request.operation))
    return invalid("the body is not an answer of its dialect");
  return call.request.stream ? invalid("one body where a stream was asked for") : undefined;
}

function parse(bytes: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** Nobody could answer: record why and tell the client. A provider's own refusal keeps its status and its words. */
export function answerError(call: Call, provider: string, error: FlywheelError, answer?: UpstreamAnswer): void {
  const refused = answer !== undefined && answer.status >= 400;
  const status = refused ? answer.status : error.status;
  const raw = answer ? [answer.body] : [];
  const ending = {
    status: "error" as const,
    http_status: status,
    error: { code: error.code, message: error.message },
    content_type: answer?.contentType ?? "",
    raw,
  };
  recordEnd(call, ending, () => {
    if (!refused) return refuse(call, error);
    sendJson(call.client, status, refusal(call, error, answer), [...headersOf(call), ...theirHeaders(call, answer)]);
  });
}

/** Where we say ourselves that trying again does not help, the provider's word on it is left out. */
function theirHeaders({ exhausted }: Call, { headers }: UpstreamAnswer): readonly string[] {
  const at = exhausted ? headers.indexOf("x-should-retry") : -1;
  return at < 0 ? headers : headers.toSpliced(at, 2);
}

/** The provider's error as it is where it has the client's shape, else written in it, else ours around its status. */
function refusal(call: Call, error: FlywheelError, answer: UpstreamAnswer): Buffer {
  const { dialect } = call.request;
  const body = answer.tooLarge ? undefined : parse(answer.body);
  const theirs = body && readError(body);
  if (theirs && isSame(call) && hasShape(body, dialect.writeError(theirs, answer.status, call.requestId)))
    return answer.body;
  const shown = theirs ?? error.toWire().error;
  return Buffer.from(JSON.stringify(dialect.writeError(shown, answer.status, call.requestId)));
}

/** Every field of the complete error's `error` is there. */
function hasShape(body: Fields, complete: Fields): boolean {
  const theirs = body.error;
  if (typeof theirs !== "object" || theirs === null) return false;
  return Object.keys(complete.error as Fields).every((name) => Object.hasOwn(theirs, name));
}
