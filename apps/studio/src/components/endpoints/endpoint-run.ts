import { useEffect, useRef, useState } from "react";
import { failureOf } from "../../api/call.ts";
import { callEndpoint, type EndpointAnswer } from "../../api/endpoint-call.ts";
import { oncePerFrame } from "../playground/frame.ts";

/** What one try of an endpoint has come to. */
export interface EndpointRun {
  state: "running" | "done" | "stopped" | "failed";
  answer: EndpointAnswer | undefined;
  /** Its row in the logs; "" where there is none. */
  generationId: string;
  /** Why it failed, in words. */
  problem: string;
}

/** Tries an endpoint; the page is told of what comes at most once a frame. */
export function useEndpointRun(name: string) {
  const [run, setRun] = useState<EndpointRun>();
  const abort = useRef<AbortController>(undefined);
  const stop = (): void => abort.current?.abort();
  useEffect(() => stop, []);
  const start = async (input: unknown): Promise<void> => {
    stop();
    const mine = new AbortController();
    abort.current = mine;
    setRun({ state: "running", answer: undefined, generationId: "", problem: "" });
    const show = (change: Partial<EndpointRun>) =>
      abort.current === mine && setRun((before) => (before ? { ...before, ...change } : before));
    // The answer is the same object all along: only a new one around it is seen as a change.
    const shown = (answer: EndpointAnswer) => ({ answer: { ...answer }, generationId: answer.generationId });
    const frame = oncePerFrame((answer: EndpointAnswer) => show(shown(answer)));
    try {
      const answer = await callEndpoint(name, input, mine.signal, frame.ask);
      show({ state: "done", ...shown(answer) });
    } catch (error) {
      frame.now(); // what came before it went wrong
      if (mine.signal.aborted) show({ state: "stopped" });
      else show({ state: "failed", ...failureOf(error) });
    } finally {
      frame.cancel();
    }
  };
  return { run, start: (input: unknown) => void start(input), stop };
}
