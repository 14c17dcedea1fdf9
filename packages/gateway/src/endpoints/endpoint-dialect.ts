import type { StreamPart } from "@flywheel/protocol";
import { CLIENT_DIALECTS, type ClientDialect, type StreamWriter } from "@flywheel/providers";
import { PartialReader } from "@flywheel/schema/partial";
import type { TypedCall } from "./typed-call.ts";

/**
 * What a client of `POST /endpoints/<name>` is answered in: the output itself as JSON, or a stream of these events.
 *
 * | event | data |
 * |---|---|
 * | `partial` | `{ path, value }`: there is something at this JSON Pointer now; texts, objects and arrays begin empty. Or `{ path, append }`: the text there goes on |
 * | `final` | `{ path }`: nothing there, or below, changes any more |
 * | `done` | `{ output }`: all of it, valid |
 * | `error` | `{ error }`, OpenAI's; what came before is not an answer |
 */
export function endpointDialect(typed: TypedCall): ClientDialect {
  return {
    ...CLIENT_DIALECTS["openai-chat"],
    // Any JSON value: only `JSON.stringify` reads it.
    writeAnswer: () => typed.output as Record<string, unknown>,
    streamWriter: () => new TypedStreamWriter(typed),
  };
}

class TypedStreamWriter implements StreamWriter {
  #typed: TypedCall;
  #reader = new PartialReader();
  #began = false;

  constructor(typed: TypedCall) {
    this.#typed = typed;
  }

  write(part: StreamPart): string {
    if (part.type === "text-delta")
      return this.#typed.served.checkOutput ? this.#value(part.text) : this.#text(part.text);
    if (part.type === "finish") return this.#rest() + event("done", { output: this.#typed.output });
    return part.type === "error" ? event("error", { error: part.error }) : "";
  }

  #value(text: string): string {
    return this.#reader.push(text).map(written).join("");
  }

  #text(text: string): string {
    const begin = this.#began ? "" : event("partial", { path: "", value: "" });
    this.#began = true;
    return begin + event("partial", { path: "", append: text });
  }

  #rest(): string {
    return this.#began ? event("final", { path: "" }) : this.#reader.end().map(written).join("");
  }
}

function written(step: ReturnType<PartialReader["push"]>[number]): string {
  if (step.type === "final") return event("final", { path: step.path });
  return event("partial", step.type === "append" ? { path: step.path, append: step.text } : { path: step.path, value: step.value }); // prettier-ignore
}

const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
