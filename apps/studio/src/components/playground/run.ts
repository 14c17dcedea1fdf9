import { useEffect, useRef, useState } from "react";
import { failureOf } from "../../api/call.ts";
import { type Answer, callModel } from "../../api/chat.ts";
import { oncePerFrame } from "./frame.ts";

/** What one model's pane shows. */
export interface Run {
  state: "idle" | "running" | "done" | "stopped" | "failed";
  answer: Answer | undefined;
  /** Of an answer, or of a call that was refused; "" where there is no row of it. */
  generationId: string;
  /** Why it failed, in words. */
  problem: string;
}

const IDLE: Run = { state: "idle", answer: undefined, generationId: "", problem: "" };

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
    const frame = oncePerFrame((answer: Answer) => show(shownOf(answer)));
    try {
      const answer = await callModel(body, signal, frame.ask);
      show({ state: "done", ...shownOf(answer) });
    } catch (error) {
      frame.now(); // what came before it went wrong
      if (signal.aborted) show({ state: "stopped" });
      else show({ state: "failed", ...failureOf(error) });
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

const shownOf = (answer: Answer) => ({ answer: { ...answer }, generationId: answer.generationId });
