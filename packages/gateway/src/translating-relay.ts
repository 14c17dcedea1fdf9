import { FlywheelError } from "@flywheel/protocol";
import type { GenerationStatus, StreamPart } from "@flywheel/protocol";
import { readEvents } from "@flywheel/providers";
import type { StreamReader, StreamWriter } from "@flywheel/providers";
import type { Call, Relay } from "./call.ts";
import { Outlet } from "./outlet.ts";
import { recordEnd } from "./record.ts";
import type { StreamOwner } from "./relay.ts";
import { SseScanner } from "./sse-scanner.ts";
import { errorFrame, isReadable, rememberStream, writerOf } from "./translate.ts";

/**
 * A stream between two dialects: the provider's events are read into neutral parts, and those are written in the
 * client's words. As in `StreamRelay`, what tells the client that the answer is whole waits for the record.
 */
export class TranslatingRelay implements Relay {
  readonly raw: Buffer[] = [];
  readonly contentType: string;

  #call: Call;
  #owner: StreamOwner;
  #headers: readonly string[];
  #reader: StreamReader;
  #writer: StreamWriter;
  #scanner = new SseScanner((bytes, start, end) => this.#onEvent(bytes.subarray(start, end)));
  #bytes = 0;
  #committed = false;
  #settled = false;
  /** Waiting for the end of this tick. */
  #ready = "";
  #outlet: Outlet;

  /** @param headers of the provider's answer that are passed on */
  constructor(call: Call, contentType: string, headers: readonly string[], owner: StreamOwner) {
    this.#call = call;
    this.contentType = contentType;
    this.#headers = headers;
    this.#owner = owner;
    this.#reader = call.answering.streamReader();
    this.#writer = writerOf(call);
    this.#outlet = new Outlet(call, () => this.#takeReady());
  }

  push(chunk: Buffer): void {
    if (this.#settled) return;
    this.raw.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#call.ports.limits.response_bytes) return this.#refuse("the answer is too large");
    try {
      this.#scanner.push(chunk);
    } catch {
      this.#refuse("the answer cannot be translated"); // arguments nested deeper than the stack, say
    }
  }

  end(): void {
    if (this.#settled) return;
    const rest = this.#scanner.rest();
    if (rest.length > 0 && !this.#onEvent(rest, true)) return; // some servers leave out the last blank line
    for (const part of this.#reader.end()) if (!this.#onPart(part)) return;
    this.fail(new FlywheelError("upstream_truncated", { provider: this.#provider() }));
  }

  fail(error: FlywheelError): void {
    if (this.#settled) return;
    this.#settled = true;
    if (!this.#committed) return this.#owner.onFailedEarly(error);
    this.#outlet.flush();
    this.#owner.onSettled(error);
    this.#record("partial", error, () => this.#call.client.end(errorFrame(this.#call, error, this.#writer)));
  }

  #refuse(reason: string): void {
    this.#call.upstream?.abort();
    this.fail(new FlywheelError("upstream_invalid", { provider: this.#provider(), reason }));
  }

  /**
   * @param last the provider said no more; then half an event is a sign of that, not a fault of its own
   * @returns false once the answer is over
   */
  #onEvent(bytes: Buffer, last = false): boolean {
    for (const { event, data } of readEvents(bytes.toString())) {
      const parts = this.#reader.read(event, data);
      if (parts.length === 0 && !last && !isReadable(data)) {
        this.#refuse("an event that is not JSON");
        return false;
      }
      if (!parts.every((part) => this.#onPart(part))) return false;
    }
    return true;
  }

  #onPart(part: StreamPart): boolean {
    if (part.type === "error") {
      this.fail(new FlywheelError("upstream_error", { provider: this.#provider(), reason: part.error.message }));
      return false;
    }
    const { typed } = this.#call.request;
    if (!typed) return this.#pass(part);
    const parts = typed.parts(part);
    if (!(parts instanceof FlywheelError)) return parts.every((each) => this.#pass(each));
    this.fail(parts);
    return false;
  }

  #pass(part: StreamPart): boolean {
    this.#commit();
    const text = this.#writer.write(part);
    if (part.type === "finish") {
      this.#finish(text);
      return false;
    }
    this.#ready += text;
    this.#outlet.schedule();
    return true;
  }

  /** From the first part on, this provider's answer is the answer. */
  #commit(): void {
    if (this.#committed) return;
    this.#committed = true;
    this.#outlet.open("text/event-stream; charset=utf-8", this.#headers);
  }

  #takeReady(): string | undefined {
    const ready = this.#ready;
    this.#ready = "";
    return ready === "" ? undefined : ready;
  }

  #finish(last: string): void {
    this.#settled = true;
    this.#outlet.flush();
    rememberStream(this.#call, last);
    this.#owner.onSettled();
    this.#record("ok", undefined, (failed) =>
      this.#call.client.end(failed ? errorFrame(this.#call, failed, this.#writer) : last),
    );
  }

  #record(status: GenerationStatus, error: FlywheelError | undefined, done: (failed?: FlywheelError) => void): void {
    const details = error ? { error: { code: error.code, message: error.message } } : {};
    const ending = { status, http_status: 200, content_type: this.contentType, raw: this.raw, ...details };
    recordEnd(this.#call, ending, done);
  }

  #provider(): string {
    return this.#call.target.provider.id;
  }
}
