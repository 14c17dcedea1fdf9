import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { passedOn, type Variables } from "./interpreter.ts";

export interface PythonRun {
  python: string;
  /** What follows the interpreter's name. */
  args: readonly string[];
  /** Where imports begin. */
  imports: string;
  env: Variables;
  /** Each line of stdout. What it throws ends the run. */
  onLine(line: string): void;
  /** Ends it: politely (SIGINT) at first, and after `stopMs` for good. */
  signal: AbortSignal;
  stopMs: number;
}

const KEPT = 2000;

/**
 * Runs our own Python code, which speaks in lines, in a process group of its own: Ctrl-C at a terminal does not reach it.
 * @returns what it ended with, and the last words on its stderr
 * @throws what `onLine` threw
 */
export function runPython(run: PythonRun): Promise<{ ended: string; said: string }> {
  const { python, args, imports, env, onLine, signal, stopMs } = run;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<{ ended: string; said: string }>();
  const variables = { ...passedOn(env), PYTHONPATH: imports, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(python, args, { env: variables, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGINT");
    killing ??= setTimeout(() => child.kill("SIGKILL"), stopMs);
  };
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-KEPT)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    try {
      onLine(line);
    } catch (error) {
      reject(error);
      stop();
    }
  });
  child.once("error", reject);
  child.once("close", (code, killedBy) => {
    clearTimeout(killing);
    resolve({ ended: killedBy ?? `exit code ${code}`, said: said.trim() });
  });
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
