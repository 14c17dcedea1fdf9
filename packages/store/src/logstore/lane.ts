import { exception } from "./exception.ts";

/** Lets a few in at a time; others wait in order, and too many are refused. */
export interface Lane {
  /** Resolves to the function that gives the place back. Rejects when the queue is full or `signal` aborts. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createLane(width: number, maxWaiting: number): Lane {
  let free = width;
  const waiting: (() => void)[] = [];

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }

  function place(): () => void {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  }

  return {
    enter(signal) {
      if (free > 0) {
        free--;
        return Promise.resolve(place());
      }
      if (waiting.length >= maxWaiting)
        return Promise.reject(
          exception(
            "TOO_MANY_SIMULTANEOUS_QUERIES",
            `Too many simultaneous queries: ${maxWaiting} are waiting already.`,
          ),
        );
      return new Promise((resolve, reject) => {
        const admit = () => {
          signal.removeEventListener("abort", giveUp);
          resolve(place());
        };
        const giveUp = () => {
          waiting.splice(waiting.indexOf(admit), 1);
          reject(signal.reason);
        };
        waiting.push(admit);
        signal.addEventListener("abort", giveUp, { once: true });
      });
    },
  };
}
