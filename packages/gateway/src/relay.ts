import { FlywheelError } from "@flywheel/protocol";
import type { GenerationStatus } from "@flywheel/protocol";
import { readEvents } from "@flywheel/providers";
import type { Call, Relay } from "./call.ts";
import { FRAMINGS } from "./framing.ts";
import type { Framing } from "./framing.ts";
import { Outlet } from "./outlet.ts";
import { recordEnd } from "./record.ts";
import { SseScanner } from "./sse-scanner.ts";
import { errorFrame, isReadable, writerOf } from "./translate.ts";

/** What the attempt behind a stream is told. */
export interface StreamOwner {
  /** Nothing has reached the client yet: the attempt may go on elsewhere. */
  onFailedEarly(error: FlywheelError): void;
  /** The answer is over for the client; the provider may still owe the end of its framing. */
  onSettled(error?: FlywheelError): void;
}

const BLANK_LINE = Buffer.from("\n\n");

/**
 * A stream, same dialect on both sides: the bytes pass through untouched and unparsed, whole events at a time, all events
 * of one read in one write. Three things are not passed on: the usage chunk the client did not ask for, whatever follows
 * the last event (`[DONE]`, `message_stop` …), and that event itself until the record is written, so that no client can
 * believe in an answer that may be lost.
 */
export class StreamRelay implements Relay {
  readonly raw: Buffer[] = [];
  readonly contentType: string;

  #call: Call;
  #framing: Framing;
  #owner: StreamOwner;
  #headers: readonly string[];
  #bytes = 0;
  #scanner = new SseScanner((bytes, start, end) => this.#onEvent(bytes, start, end));
  #committed = false;
  #settled = false;
  /** What is ready leaves with the end, if that comes within this turn. */
  #holding = false;
  #providerError: FlywheelError | undefined;

  /** Waiting for the end of this tick. The last range grows while events follow each other in one buffer. */
  #ready: Buffer[] = [];
  #range: Buffer | undefined;
  #rangeStart = 0;
  #rangeEnd = 0;
  #outlet: Outlet;

  /** @param headers of the provider's answer that are passed on */
  constructor(call: Call, contentType: string, headers: readonly string[], owner: StreamOwner) {
    this.#call = call;
    this.#framing = FRAMINGS[call.answering.id]!;
    this.contentType = contentType;
    this.#headers = headers;
    this.#owner = owner;
    this.#outlet = new Outlet(call, () => (this.#holding ? undefined : this.#takeReady()));
  }

  push(chunk: Buffer): void {
    if (this.#settled) return;
    this.raw.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#call.ports.limits.response_bytes) {
      return this.#refuse("the answer is too large");
    }
    this.#scanner.push(chunk);
  }

  end(): void {
    if (this.#settled) return;
    const rest = this.#scanner.rest();
    const whole = rest.length > 0 && isParsable(rest);
    if (whole && this.#framing.kindOf(rest, 0, rest.length, false) === "done") {
      this.#commit();
      return this.#finish(Buffer.concat([rest, BLANK_LINE])); // some servers leave out the blank line, and then clients miss the event
    }
    if (this.#providerError) return this.#finish(undefined);
    // Some leave out the last event, and some clients insist on it.
    if (this.#committed && this.#sawFinishReason(whole ? 0 : rest.length)) return this.#finish(this.#framing.last);
    this.fail(new FlywheelError("upstream_truncated", { provider: this.#provider() }));
  }

  fail(error: FlywheelError): void {
    if (this.#settled) return;
    if (this.#committed) return this.#break(error);
    this.#settled = true;
    this.#owner.onFailedEarly(error);
  }

  #refuse(reason: string): void {
    this.#call.upstream?.abort();
    this.fail(new FlywheelError("upstream_invalid", { provider: this.#provider(), reason }));
  }

  #onEvent(bytes: Buffer, start: number, end: number): boolean {
    const kind = this.#framing.kindOf(bytes, start, end, !this.#call.request.wantsUsage);
    if (kind === "failed") this.#providerError = this.#theirError(bytes.subarray(start, end));
    if (kind === "done" || kind === "failed") {
      this.#commit();
      this.#finish(bytes.subarray(start, end));
      return false;
    }
    if (kind === "error") {
      if (!this.#committed) {
        this.fail(this.#theirError(bytes.subarray(start, end)));
        return false;
      }
      this.#providerError = this.#theirError(bytes.subarray(start, end));
    }
    if (kind === "data" && !isWhole(bytes, start, end)) {
      this.#refuse("an event that is not JSON");
      return false;
    }
    if (kind !== "usage") this.#queue(bytes, start, end);
    if (kind === "data") this.#commit();
    if (this.#committed) this.#outlet.schedule();
    return true;
  }

  /** From the first event on, this provider's answer is the answer. */
  #commit(): void {
    if (this.#committed) return;
    this.#committed = true;
    this.#outlet.open(this.contentType, this.#headers);
  }

  #queue(bytes: Buffer, start: number, end: number): void {
    if (this.#range === bytes && this.#rangeEnd === start) {
      this.#rangeEnd = end;
      return;
    }
    this.#closeRange();
    this.#range = bytes;
    this.#rangeStart = start;
    this.#rangeEnd = end;
  }

  #closeRange(): void {
    const range = this.#range;
    if (!range) return;
    this.#ready.push(
      this.#rangeStart === 0 && this.#rangeEnd === range.length
        ? range
        : range.subarray(this.#rangeStart, this.#rangeEnd),
    );
    this.#range = undefined;
  }

  #takeReady(): Buffer | undefined {
    this.#closeRange();
    const ready = this.#ready;
    this.#ready = [];
    return ready.length > 1 ? Buffer.concat(ready) : ready[0];
  }

  /** The answer is complete; `last` is what says so to the client. */
  #finish(last: Buffer | undefined): void {
    this.#settled = true;
    this.#holding = true;
    const error = this.#providerError;
    this.#owner.onSettled(error);
    this.#record(error ? "partial" : "ok", error, (failed) => {
      const ending = failed ? this.#errorFrame(failed) : last;
      if (ending) this.#queue(ending, 0, ending.length);
      this.#call.client.end(this.#takeReady());
    });
    setImmediate(() => {
      this.#holding = false;
      this.#outlet.flush();
    });
  }

  /** The client has a part of the answer: tell it that there is no more. */
  #break(error: FlywheelError): void {
    this.#outlet.flush();
    this.#settled = true;
    this.#owner.onSettled(error);
    this.#record("partial", error, () => this.#call.client.end(this.#errorFrame(error)));
  }

  #errorFrame(error: FlywheelError): Buffer {
    return errorFrame(this.#call, error, writerOf(this.#call, this.raw));
  }

  #record(status: GenerationStatus, error: FlywheelError | undefined, done: (failed?: FlywheelError) => void): void {
    const details = error ? { error: { code: error.code, message: error.message } } : {};
    recordEnd(
      this.#call,
      { status, http_status: 200, content_type: this.contentType, raw: this.raw, ...details },
      done,
    );
  }

  #provider(): string {
    return this.#call.target.provider.id;
  }

  #theirError(event: Buffer): FlywheelError {
    const reason = this.#call.answering.decodeResponse(event, this.contentType).error?.message ?? "it gave no message";
    return new FlywheelError("upstream_error", { provider: this.#provider(), reason });
  }

  /** Asked only where a provider leaves out the last event. @param torn bytes of half an event at the end */
  #sawFinishReason(torn: number): boolean {
    return this.#framing.finished.test(Buffer.concat(this.raw, this.#bytes - torn).toString("latin1"));
  }
}

const CLOSE_BRACE = 0x7d;

/** Whether an event's data is whole. Nearly every one shows it in its last byte; the few others are parsed. */
function isWhole(bytes: Buffer, start: number, end: number): boolean {
  let at = end - 1;
  while (at > start && bytes[at]! <= 0x20) at--;
  return bytes[at] === CLOSE_BRACE || isParsable(bytes.subarray(start, end));
}

function isParsable(event: Buffer): boolean {
  return readEvents(event.toString()).every(({ data }) => isReadable(data));
}
