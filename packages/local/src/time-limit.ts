import { createContext, Script } from "node:vm";

const call = new Script("work()");
const context = createContext({ work: () => {} }) as { work: () => unknown };

/**
 * Runs `work`, which a file from a stranger may make endless, for at most so many milliseconds.
 * @throws an Error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT`, or whatever `work` throws
 */
export function withinTime<T>(ms: number, work: () => T): T {
  context.work = work;
  return call.runInContext(context, { timeout: ms }) as T;
}
