import { get } from "node:http";

export interface WatchdogOptions {
  /** What to ask; "" = nothing to watch yet. */
  url(): string;
  /** Called after `patience` questions in a row without an answer. */
  onHung(): void;
  everyMs?: number;
  patience?: number;
}

/**
 * Ask a process again and again whether it is still there. One that died is noticed by its parent; this is for one that
 * lives and does nothing any more. Returns how to stop.
 */
export function watchdog({ url, onHung, everyMs = 5000, patience = 3 }: WatchdogOptions): () => void {
  let unanswered = 0;
  const timer = setInterval(() => {
    const asked = url();
    if (asked === "") return;
    const request = get(asked, { timeout: everyMs, agent: false }, (answer) => {
      unanswered = 0;
      answer.resume();
    });
    request.once("timeout", () => request.destroy(new Error("no answer")));
    request.once("error", () => {
      if (++unanswered < patience) return;
      unanswered = 0;
      onHung();
    });
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
