import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type Answer, callModel } from "../../api/chat.ts";
import { providersQuery } from "../../api/providers.ts";

export type TestResult = { state: "running" } | { state: "ok"; answer: Answer } | { state: "failed"; message: string };

const PATIENCE = 60_000;

/** Tries models with a tiny real call through the gateway; one result a model, gone with the page. */
export function useTests(): { results: ReadonlyMap<string, TestResult>; test(model: string): void } {
  const [results, setResults] = useState<ReadonlyMap<string, TestResult>>(new Map());
  const client = useQueryClient();
  const gone = useRef(new AbortController());
  useEffect(() => {
    gone.current = new AbortController();
    return () => gone.current.abort();
  }, []);
  const set = (model: string, result: TestResult) => setResults((all) => new Map(all).set(model, result));
  const test = async (model: string): Promise<void> => {
    set(model, { state: "running" });
    const { signal } = gone.current;
    try {
      const answer = await callModel(testBody(model), AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
      set(model, { state: "ok", answer });
      // A local model is loaded now, and its memory is known.
      if (model.startsWith("local/")) void client.invalidateQueries({ queryKey: providersQuery.queryKey });
    } catch (error) {
      if (!signal.aborted) set(model, { state: "failed", message: messageOf(error) });
    }
  };
  return { results, test: (model) => void test(model) };
}

/** Without a limit of tokens: some models have other names for it, and reason first. */
const testBody = (model: string) => ({
  model,
  messages: [{ role: "user", content: "Answer with one word: hello" }],
  stream: true,
  stream_options: { include_usage: true },
});

function messageOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return `No answer in ${PATIENCE / 1000} s.`;
  return (error as Error).message;
}
