import { elapsed, headersOf } from "./call.ts";
import type { Call } from "./call.ts";

/**
 * The client's side of a stream. What becomes ready in one tick leaves in one write, and a client that reads too slowly
 * pauses the provider instead of filling our memory.
 */
export class Outlet {
  #call: Call;
  #take: () => Buffer | string | undefined;
  #scheduled = false;
  #paused = false;

  /** @param take hands over what is ready, `undefined` where nothing is */
  constructor(call: Call, take: () => Buffer | string | undefined) {
    this.#call = call;
    this.#take = take;
  }

  /** From here on, this provider's answer is the answer. `headers` of the provider's are passed on. */
  open(contentType: string, headers: readonly string[]): void {
    const call = this.#call;
    call.firstChunkMs = elapsed(call);
    const own = ["content-type", contentType, "cache-control", "no-cache", "x-accel-buffering", "no"];
    call.client.writeHead(200, [...own, ...headersOf(call), ...headers]);
  }

  /** Something is ready: it leaves at the end of this tick. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    const ready = this.#take();
    const { client, ports } = this.#call;
    if (ready === undefined || client.destroyed || client.writableEnded) return;
    client.write(ready);
    if (client.writableLength > ports.limits.client_buffer_bytes) this.#slowDown();
  }

  #slowDown(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#call.upstream?.pause();
    this.#call.client.once("drain", () => {
      this.#paused = false;
      this.#call.upstream?.resume();
    });
  }
}
