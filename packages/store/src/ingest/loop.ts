import { setTimeout as sleep } from "node:timers/promises";

/** How soon a record is noticed. */
const IDLE_MS = 150;
/** Under steady traffic rows gather this long, since every insert costs the log store a part on disk. */
const BUSY_MS = 400;
const AFTER_FAILURE_MS = 1000;

/** Pass after pass over a write-ahead log, until it is told to stop. */
export interface IngestLoop {
  start(): void;
  /** Goes on while there is something to do, but no longer than `waitMs`; then lets go of all. */
  stop(waitMs?: number): Promise<void>;
}

/**
 * @param pass whether there was anything to insert; `undefined` after a failure. Its signal says to give up in the middle.
 * @param close called once, after the last pass
 */
export function createIngestLoop(
  pass: () => Promise<boolean | undefined>,
  aborter: AbortController,
  close: () => void,
): IngestLoop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!aborter.signal.aborted) {
      const worked = await pass();
      if (stopping.signal.aborted && worked !== true) return;
      const pause = worked === undefined ? AFTER_FAILURE_MS : worked ? BUSY_MS : IDLE_MS;
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    start: () => void (running ??= run()),
    async stop(waitMs = 5000) {
      const deadline = setTimeout(() => aborter.abort(), waitMs);
      stopping.abort();
      await running;
      clearTimeout(deadline);
      close();
    },
  };
}
