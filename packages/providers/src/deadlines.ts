import { Roster } from "./roster.ts";
import type { Listed } from "./roster.ts";

/** Something that gives up when its time comes. */
export interface Deadline extends Listed {
  /** `performance.now()` milliseconds; `Infinity` = never. */
  at: number;
  expire(): void;
}

const RESOLUTION_MS = 50;

/**
 * Watches thousands of deadlines with one timer. Moving one is a field write, so a stream can push its idle deadline
 * back on every chunk. The price is precision: one fires up to 50 ms early or late, which no timeout here can notice.
 */
export class Deadlines {
  /** The time as of the last look, up to 50 ms old; reading it costs nothing. */
  now = performance.now();

  #watched = new Roster<Deadline>();
  #timer: NodeJS.Timeout | undefined;

  add(deadline: Deadline): void {
    this.#watched.add(deadline);
    this.now = performance.now();
    this.#timer ??= setInterval(() => this.#check(), RESOLUTION_MS).unref();
  }

  delete(deadline: Deadline): void {
    this.#watched.delete(deadline);
  }

  #check(): void {
    this.now = performance.now();
    for (const deadline of this.#watched.list()) {
      if (deadline.at > this.now || !this.#watched.has(deadline)) continue;
      this.#watched.delete(deadline);
      deadline.expire();
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
