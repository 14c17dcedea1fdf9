import type { WireError } from "@flywheel/protocol";
import { takeStep, type TypedAnswer, type TypedStep } from "../text/typed-answer.ts";
import { CallError, call, readEvents, type StreamEvent } from "./call.ts";

/** An output as it comes. Times are milliseconds since the call was sent. */
export interface EndpointAnswer extends TypedAnswer {
  generationId: string;
  cached: boolean;
  firstMs: number | undefined;
  ms: number;
  /** The whole output is there, and valid. */
  done: boolean;
}

/**
 * One call of `POST /endpoints/<name>`, streamed. `onChange` is told of every step; the answer object is the same one all
 * along. Throws {@link CallError}, and what `signal` was aborted with.
 */
export async function callEndpoint(
  name: string,
  input: unknown,
  signal: AbortSignal,
  onChange: (answer: EndpointAnswer) => void,
): Promise<EndpointAnswer> {
  const started = performance.now();
  const path = `/endpoints/${name.split("/").map(encodeURIComponent).join("/")}`;
  const response = await call(path, input, signal, { accept: "text/event-stream" });
  const answer: EndpointAnswer = {
    value: undefined,
    finals: new Set(),
    generationId: response.headers.get("flywheel-generation-id") ?? "",
    cached: response.headers.get("flywheel-cache") === "hit",
    firstMs: undefined,
    ms: 0,
    done: false,
  };
  const whole = await readEvents(response, (event) => {
    take(answer, event);
    answer.ms = performance.now() - started;
    answer.firstMs ??= answer.ms;
    onChange(answer);
    return answer.done ? "end" : undefined;
  });
  if (!whole) throw new CallError({ message: "The answer ended before it was complete.", code: "truncated" });
  return answer;
}

function take(answer: EndpointAnswer, { event, data }: StreamEvent): void {
  const said = JSON.parse(data) as { path?: string; value?: unknown; append?: string; output?: unknown; error?: WireError["error"] }; // prettier-ignore
  if (said.error) throw new CallError(said.error, answer.generationId);
  if (event === "done") {
    answer.value = said.output;
    answer.done = true;
  } else takeStep(answer, stepOf(event, said));
}

function stepOf(
  event: string,
  { path = "", value, append }: { path?: string; value?: unknown; append?: string },
): TypedStep {
  if (event === "final") return { type: "final", path };
  return append === undefined ? { type: "value", path, value } : { type: "append", path, append };
}
