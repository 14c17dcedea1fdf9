import { Worker } from "node:worker_threads";
import type { Hyperparameters } from "@flywheel/protocol";
import type { Adapter } from "./adapter.ts";
import { type Learned, sum } from "./learner.ts";
import type { CrewMember, Order } from "./learner-thread.ts";
import type { Lessons } from "./texts.ts";

/** Threads that learn side by side, each from its share. */
export interface Crew {
  /** What these lessons come to; the gradient of all of them is left in `gradient`, summed in the same order every time. */
  learn(lessons: readonly number[]): Promise<Learned>;
  measure(): Promise<Learned>;
  gradient: Float32Array;
  close(): Promise<void>;
}

/** @param values of the adapter, in shared memory: what is written to them is what the threads learn with next */
export function startCrew(
  base: string,
  lessons: Lessons,
  adapter: Adapter,
  { beta, rank, alpha }: Hyperparameters,
  threads: number,
): Crew {
  // prettier-ignore
  const { length } = adapter.values;
  const gradient = new Float32Array(length);
  const members = Array.from({ length: threads }, () => {
    const own = new SharedArrayBuffer(length * 4);
    const data: CrewMember = { base, lessons, rank, alpha, beta, values: adapter.values.buffer as unknown as SharedArrayBuffer, gradient: own }; // prettier-ignore
    return {
      own: new Float32Array(own),
      thread: new Worker(new URL("./learner-thread.ts", import.meta.url), { workerData: data }),
    };
  });

  function ask(thread: Worker, order: Order): Promise<Learned> {
    const { promise, resolve, reject } = Promise.withResolvers<Learned>();
    const failed = (error: Error) => reject(error);
    const ended = () => reject(new Error("a training thread ended"));
    thread.once("error", failed).once("exit", ended);
    thread.once("message", (learned: Learned) => {
      thread.off("error", failed).off("exit", ended);
      resolve(learned);
    });
    thread.postMessage(order); // oxlint-disable-line unicorn/require-post-message-target-origin -- a thread, not a window
    return promise;
  }

  /** To each every n-th, so that long and short ones are shared out. */
  const share = (all: readonly number[], i: number) => all.filter((_, at) => at % threads === i);

  return {
    gradient,
    async learn(chosen) {
      const parts = await Promise.all(
        members.map(({ thread }, i) => ask(thread, { type: "learn", lessons: share(chosen, i) })),
      );
      gradient.fill(0);
      for (const { own } of members) for (let i = 0; i < length; i++) gradient[i]! += own[i]!;
      return sum(parts);
    },
    async measure() {
      const all = lessons.validation.map((_, i) => i);
      return sum(
        await Promise.all(members.map(({ thread }, i) => ask(thread, { type: "measure", lessons: share(all, i) }))),
      );
    },
    close: async () => void (await Promise.all(members.map(({ thread }) => thread.terminate()))),
  };
}
