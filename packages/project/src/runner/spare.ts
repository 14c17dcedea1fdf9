import type { Runner } from "./runner.ts";

/** Runners that start ahead of their use, so that an edit need not wait for a process. */
export interface Spare {
  /** One that has no code yet; at once where one was ready. */
  take(): Runner;
  /** Another edit is likely soon: have one ready. */
  prepare(): void;
  close(): void;
}

/** Nobody edits any more: the memory is of better use elsewhere. */
const IDLE_MS = 5 * 60_000;

export function spareRunner(start: () => Runner): Spare {
  let ready: Runner | undefined;
  let idle: NodeJS.Timeout | undefined;

  function close(): void {
    clearTimeout(idle);
    ready?.kill();
    ready = undefined;
  }

  return {
    take() {
      const taken = ready?.isAlive ? ready : start();
      ready = undefined;
      return taken;
    },
    prepare() {
      clearTimeout(idle);
      idle = setTimeout(close, IDLE_MS).unref();
      if (!ready?.isAlive) ready = start();
    },
    close,
  };
}
