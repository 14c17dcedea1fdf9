import { FlywheelError } from "@flywheel/protocol";

/** A fixed set of things that requests take turns with: first come, first served, and a bounded wait. */
export class Slots<T> {
  readonly total: number;
  readonly #free: T[];
  readonly #waiters = new Set<(slot: T) => void>();
  readonly #maxWaiting: number;
  readonly #what: string;

  /** `what` names them in the error of a full queue. */
  constructor(slots: T[], maxWaiting: number, what: string) {
    this.total = slots.length;
    this.#free = slots;
    this.#maxWaiting = maxWaiting;
    this.#what = what;
  }

  get busy(): number {
    return this.total - this.#free.length;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves with a slot; give it back with {@link give}. An aborted wait leaves the queue at once.
   * @throws {FlywheelError} `overloaded` where the queue is full
   */
  take(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    if (this.#waiters.size >= this.#maxWaiting) throw new FlywheelError("overloaded", { what: this.#what });
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal.reason);
      };
      const waiter = (given: T) => {
        signal.removeEventListener("abort", onAbort);
        resolve(given);
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  give(slot: T): void {
    const [next] = this.#waiters;
    if (!next) {
      this.#free.push(slot);
      return;
    }
    this.#waiters.delete(next);
    next(slot);
  }
}
