import { useEffect, useRef, useState } from "react";
import { type Answer, CallError, callModel } from "../../api/chat.ts";

/** What one model's pane shows. */
export interface Run {
  state: "idle" | "running" | "done" | "stopped" | "failed";
  answer: Answer | undefined;
  /** Why it failed, in words. */
  problem: string;
}

const IDLE: Run = { state: "idle", answer: undefined, problem: "" };

/** Runs calls side by side, one a pane; the panes are told of what comes at most once a frame. */
export function useRuns(): {
  runs: readonly Run[];
  start(bodies: Record<string, unknown>[]): void;
  stop(pane?: number): void;
  reset(): void;
} {
  const [runs, setRuns] = useState<readonly Run[]>([]);
  const aborts = useRef<AbortController[]>([]);
  const stop = (pane?: number): void => {
    aborts.current.forEach((abort, index) => (pane === undefined || pane === index) && abort.abort());
  };
  useEffect(() => stop, []);

  const begin = async (body: Record<string, unknown>, pane: number, { signal }: AbortController): Promise<void> => {
    // Of an older call nothing is shown any more.
    const isCurrent = () => aborts.current[pane]?.signal === signal;
    const show = (run: Partial<Run>) =>
      isCurrent() && setRuns((all) => all.map((known, index) => (index === pane ? { ...known, ...run } : known)));
    const frame = oncePerFrame((answer: Answer) => show({ answer: { ...answer } }));
    try {
      const answer = await callModel(body, signal, frame.ask);
      show({ state: "done", answer: { ...answer } });
    } catch (error) {
      if (signal.aborted) show({ state: "stopped" });
      else show({ state: "failed", problem: problemOf(error) });
    } finally {
      frame.cancel();
    }
  };

  return {
    runs,
    start(bodies) {
      stop();
      aborts.current = bodies.map(() => new AbortController());
      setRuns(bodies.map(() => ({ ...IDLE, state: "running" })));
      bodies.forEach((body, pane) => void begin(body, pane, aborts.current[pane]!));
    },
    stop,
    reset() {
      stop();
      aborts.current = [];
      setRuns([]);
    },
  };
}

function problemOf(error: unknown): string {
  const { message } = error as Error;
  return error instanceof CallError && error.code !== "" ? `${error.code}: ${message}` : message;
}

/** Calls `show` with the latest value, once a frame at most. */
function oncePerFrame<T>(show: (value: T) => void): { ask(value: T): void; cancel(): void } {
  let latest: T;
  let frame = 0;
  return {
    ask(value) {
      latest = value;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        show(latest);
      });
    },
    cancel: () => cancelAnimationFrame(frame),
  };
}
