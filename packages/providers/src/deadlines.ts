/** Something that gives up when its time comes. */
export interface Deadline {
  /** `performance.now()` milliseconds; `Infinity` = never. */
  at: number;
  expire(): void;
}

const RESOLUTION_MS = 50;

/**
 * Watches thousands of deadlines with one timer. Moving one is a field write, so a stream can push its idle deadline
 * back on every chunk. The price is precision: one fires up to 50 ms late, which no timeout here can notice.
 */
export class Deadlines {
  #watched = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;

  add(deadline: Deadline): void {
    this.#watched.add(deadline);
    this.#timer ??= setInterval(() => this.#check(), RESOLUTION_MS).unref();
  }

  delete(deadline: Deadline): void {
    this.#watched.delete(deadline);
  }

  #check(): void {
    const now = performance.now();
    for (const deadline of this.#watched) {
      if (deadline.at > now) continue;
      this.#watched.delete(deadline);
      deadline.expire();
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
