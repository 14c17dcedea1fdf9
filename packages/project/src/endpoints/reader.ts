import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ReadAnswer, ReadQuestion } from "./read-process.ts";
import type { EndpointSources } from "./read.ts";

/** Reads a project's endpoints in a process of its own. */
export interface EndpointReader {
  /**
   * Rejects where the process ends or takes too long; the next question starts another one.
   * @param without files that are not to be looked at, relative to the project
   */
  read(without: readonly string[]): Promise<EndpointSources>;
  /** Get ready for a question that will come soon. */
  prepare(): void;
  close(): void;
}

const ENTRY = fileURLToPath(new URL("./read-process.ts", import.meta.url));
const TIMEOUT_MS = 30_000;
/** Bundler and type checker hold 150 MB between edits. */
const IDLE_MS = 5 * 60_000;
const HEAP_MB = 1024;

export function endpointReader(dir: string): EndpointReader {
  let child: ChildProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last = 0;

  function close(): void {
    clearTimeout(idle);
    child?.kill("SIGKILL");
    child = undefined;
  }

  function rest(): void {
    clearTimeout(idle);
    idle = setTimeout(close, IDLE_MS).unref();
  }

  function prepare(): void {
    if (child) return;
    child = start();
    child.send({ id: ++last, dir, without: [], isRehearsal: true } satisfies ReadQuestion);
    rest();
  }

  async function read(without: readonly string[]): Promise<EndpointSources> {
    clearTimeout(idle);
    const asked = (child ??= start());
    const id = ++last;
    const answer = Promise.withResolvers<EndpointSources>();
    const onMessage = (message: ReadAnswer) => message.id === id && answer.resolve(message.sources);
    const onExit = () => answer.reject(new Error("the process that reads the project's code ended"));
    const timer = setTimeout(
      () => answer.reject(new Error(`reading took longer than ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    );
    asked.on("message", onMessage);
    asked.once("exit", onExit);
    asked.send({ id, dir, without } satisfies ReadQuestion);
    try {
      const sources = await answer.promise;
      rest();
      return sources;
    } catch (error) {
      if (child === asked) close();
      throw error;
    } finally {
      clearTimeout(timer);
      asked.off("message", onMessage);
      asked.off("exit", onExit);
    }
  }

  function start(): ChildProcess {
    const started = fork(ENTRY, [], {
      cwd: dir,
      env: {},
      execArgv: [`--max-old-space-size=${HEAP_MB}`, "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    started.on("error", () => {});
    return started;
  }

  return { read, prepare, close };
}
