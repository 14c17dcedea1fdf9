import type { WireError } from "@flywheel/protocol";
import { CallError, call, readEvents } from "./call.ts";

/** What a call has given so far. Times are milliseconds since it was sent. */
export interface Answer {
  text: string;
  reasoning: string;
  toolCalls: { name: string; arguments: string }[];
  firstMs: number | undefined;
  /** Until the last byte; while it runs, until now. */
  ms: number;
  /** Pieces of text and reasoning: about one a token. */
  pieces: number;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  finish: string;
  generationId: string;
  cached: boolean;
}

/**
 * One call of `/v1/chat/completions`, as any client would make it. `onChange` is told of every step; the answer object is
 * the same one all along. Throws {@link CallError}, and what `signal` was aborted with.
 */
export async function callModel(
  body: Record<string, unknown>,
  signal: AbortSignal,
  onChange: (answer: Answer) => void = () => {},
): Promise<Answer> {
  const started = performance.now();
  const answer = newAnswer();
  const elapsed = () => performance.now() - started;
  const response = await call("/v1/chat/completions", body, signal);
  answer.generationId = response.headers.get("flywheel-generation-id") ?? "";
  answer.cached = response.headers.get("flywheel-cache") === "hit";
  const apply = (data: unknown): void => {
    take(answer, data as Chunk);
    if (answer.pieces > 0) answer.firstMs ??= elapsed();
    answer.ms = elapsed();
    onChange(answer);
  };
  if (response.headers.get("content-type")?.includes("text/event-stream")) await readChunks(response, apply);
  else apply(await response.json());
  answer.ms = elapsed();
  return answer;
}

function newAnswer(): Answer {
  return {
    text: "",
    reasoning: "",
    toolCalls: [],
    firstMs: undefined,
    ms: 0,
    pieces: 0,
    inputTokens: undefined,
    outputTokens: undefined,
    finish: "",
    generationId: "",
    cached: false,
  };
}

interface Part {
  content?: string | null;
  reasoning_content?: string | null;
  reasoning?: string | null;
  refusal?: string | null;
  tool_calls?: { index?: number; function?: { name?: string; arguments?: string } }[];
}

/** A chunk of a stream, or a whole answer. */
interface Chunk {
  choices?: { delta?: Part; message?: Part; finish_reason?: string | null }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: WireError["error"];
}

function take(answer: Answer, chunk: Chunk): void {
  if (chunk.error) throw new CallError(chunk.error);
  const choice = chunk.choices?.[0];
  const part = choice?.delta ?? choice?.message;
  const text = (part?.content ?? "") + (part?.refusal ?? "");
  const reasoning = part?.reasoning_content ?? part?.reasoning ?? "";
  answer.text += text;
  answer.reasoning += reasoning;
  part?.tool_calls?.forEach((call, position) => {
    const known = (answer.toolCalls[call.index ?? position] ??= { name: "", arguments: "" });
    known.name += call.function?.name ?? "";
    known.arguments += call.function?.arguments ?? "";
  });
  if (text !== "" || reasoning !== "" || part?.tool_calls?.length) answer.pieces++;
  if (choice?.finish_reason) answer.finish = choice.finish_reason;
  answer.inputTokens = chunk.usage?.prompt_tokens ?? answer.inputTokens;
  answer.outputTokens = chunk.usage?.completion_tokens ?? answer.outputTokens;
}

/** A stream that ends without its `[DONE]` is an answer that is not whole. */
async function readChunks(response: Response, apply: (data: unknown) => void): Promise<void> {
  const whole = await readEvents(response, ({ data }) => {
    if (data === "[DONE]") return "end";
    apply(JSON.parse(data));
    return undefined;
  });
  if (!whole) throw new CallError({ message: "The answer ended before it was complete.", code: "truncated" });
}
