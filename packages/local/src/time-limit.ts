import { createContext, Script } from "node:vm";

const call = new Script("work()");
const context = createContext({ work: () => {} }) as { work: () => unknown };

/**
 * Runs `work`, which a file from a stranger may make endless, for at most so many milliseconds of the processor's time: on
 * a busy machine it is begun again, with more time, so it must have no effects.
 * @throws an Error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT`, or whatever `work` throws
 */
export function withinTime<T>(ms: number, work: () => T): T {
  const began = process.threadCpuUsage();
  for (let timeout = ms; ; timeout *= 2)
    try {
      context.work = work;
      return call.runInContext(context, { timeout }) as T;
    } catch (error) {
      const { user, system } = process.threadCpuUsage(began);
      const isBusy =
        (error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT" && (user + system) / 1000 < ms;
      if (!isBusy) throw error;
    }
}
