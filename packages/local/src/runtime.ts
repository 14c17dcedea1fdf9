import { availableParallelism } from "node:os";
import type { Llama } from "node-llama-cpp";

/** llama.cpp in this process, with the last error lines it wrote. */
export interface Runtime {
  llama: Llama;
  library: typeof import("node-llama-cpp");
  threads: number;
  /** Runs `load` alone, so that an error line belongs to it; a failure carries llama.cpp's own words. */
  explain<T>(load: () => Promise<T>): Promise<T>;
}

/** Cores − 1, at least 1. llama.cpp's workers spin at barriers: on a busy machine one thread too many costs 40-fold. */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

const opened = new Map<number, Promise<Runtime>>();

/** Opens llama.cpp once per process and thread count; importing it takes half a second, so nothing else here imports it. */
export function openRuntime(threads: number = defaultThreads()): Promise<Runtime> {
  let runtime = opened.get(threads);
  if (!runtime) opened.set(threads, (runtime = open(threads)));
  return runtime;
}

async function open(threads: number): Promise<Runtime> {
  const library = await import("node-llama-cpp");
  const complaints: string[] = [];
  const llama = await library.getLlama({
    build: "never",
    gpu: false,
    maxThreads: threads,
    progressLogs: false,
    logLevel: library.LlamaLogLevel.error,
    logger: (_, message) => complaints.push(message.trim()),
  });
  let turn: Promise<unknown> = Promise.resolve();
  return {
    llama,
    library,
    threads,
    explain(load) {
      const mine = turn.then(async () => {
        complaints.length = 0;
        try {
          return await load();
        } catch (cause) {
          // The lines come over from another thread and may be a turn of the event loop behind.
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw new Error(reason(complaints, cause), { cause });
        }
      });
      turn = mine.catch(() => {});
      return mine;
    },
  };
}

function reason(complaints: string[], cause: unknown): string {
  const line = complaints.find((complaint) => /error/i.test(complaint)) ?? complaints[0];
  if (line) return line.replace(/^.*error loading model: /, "").replace(/^\w+: /, "");
  return cause instanceof Error ? cause.message : String(cause);
}
