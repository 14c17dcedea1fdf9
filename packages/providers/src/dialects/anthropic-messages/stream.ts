import type { StreamPart, WireError } from "@flywheel/protocol";
import type { AnswerEcho, StreamReader, StreamWriter } from "../dialect.ts";
import { isEmpty, isObject, object, parseJson, string } from "../json.ts";
import type { Json } from "../json.ts";
import { readError } from "../openai-chat/log.ts";
import { readBlock, readFinish, writeReason, writeUsage } from "./answer.ts";

interface OpenBlock {
  type: "text" | "reasoning" | "tool-call";
  block: number;
  signature: string;
  redacted: boolean;
  /** Some of a call's arguments came. */
  filled: boolean;
}

/** What came of the first cannot be taken back, so the two must not be read as one. */
const SPLICED = {
  message: "A second answer began in the middle of the first.",
  type: "api_error",
  param: null,
  code: "upstream_invalid",
};

export class MessageStreamReader implements StreamReader {
  #started = false;
  #over = false;
  #id = "";
  #next = 0;
  #open = new Map<unknown, OpenBlock>();
  #usage: Json = {};
  #reason = "";

  read(event: string, data: string): StreamPart[] {
    const value = parseJson(data);
    if (this.#over || !isObject(value)) return [];
    const error = event === "error" || value.type === "error" ? readError(value) : undefined;
    if (error) return this.#fail(error);
    switch (value.type) {
      case "message_start":
        return this.#start(object(value.message));
      case "content_block_start":
        return this.#begin(value.index, object(value.content_block));
      case "content_block_delta":
        return this.#grow(value.index, object(value.delta));
      case "content_block_stop":
        return this.#end(value.index);
      case "message_delta":
        this.#reason = string(object(value.delta).stop_reason) || this.#reason;
        this.#addUsage(object(value.usage));
        return [];
      case "message_stop":
        return this.#finish();
      default:
        return [];
    }
  }

  end(): StreamPart[] {
    if (this.#over) return [];
    return this.#reason === "" ? this.#counted() : this.#finish();
  }

  #fail(error: WireError["error"]): StreamPart[] {
    this.#over = true;
    return [...this.#counted(), { type: "error", error }];
  }

  #counted(): StreamPart[] {
    const { usage, usage_raw } = readFinish("", this.#usage);
    return usage === null ? [] : [{ type: "counted", usage, usage_raw }];
  }

  #start(message: Json): StreamPart[] {
    if (this.#started && string(message.id) !== this.#id) return this.#fail(SPLICED);
    this.#addUsage(object(message.usage));
    if (this.#started) return [];
    this.#started = true;
    this.#id = string(message.id);
    return [{ type: "start", id: string(message.id), model: string(message.model) }];
  }

  /** Later figures win; those not repeated stay. */
  #addUsage(usage: Json): void {
    const told = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) };
  }

  #begin(index: unknown, content: Json): StreamPart[] {
    const part = readBlock(content);
    if (!part) return [];
    const block = this.#next++;
    const open: OpenBlock = { type: part.type, block, signature: "", redacted: false, filled: false };
    this.#open.set(index, open);
    if (part.type === "text") {
      const start: StreamPart = { type: "text-start", block };
      return part.text === "" ? [start] : [start, { type: "text-delta", block, text: part.text }];
    }
    if (part.type === "reasoning") {
      open.signature = part.signature ?? "";
      open.redacted = part.redacted === true;
      const start: StreamPart = { type: "reasoning-start", block };
      return part.text === "" ? [start] : [start, { type: "reasoning-delta", block, text: part.text }];
    }
    const start: StreamPart = { type: "tool-call-start", block, id: part.id, name: part.name };
    open.filled = !isEmpty(content.input);
    return open.filled ? [start, { type: "tool-call-delta", block, arguments: part.arguments }] : [start];
  }

  #grow(index: unknown, delta: Json): StreamPart[] {
    const open = this.#open.get(index);
    if (!open) return [];
    const { block } = open;
    if (delta.type === "text_delta") return [{ type: "text-delta", block, text: string(delta.text) }];
    if (delta.type === "thinking_delta") return [{ type: "reasoning-delta", block, text: string(delta.thinking) }];
    if (delta.type === "signature_delta") open.signature += string(delta.signature);
    if (delta.type !== "input_json_delta" || delta.partial_json === "") return [];
    open.filled = true;
    return [{ type: "tool-call-delta", block, arguments: string(delta.partial_json) }];
  }

  #end(index: unknown): StreamPart[] {
    const open = this.#open.get(index);
    this.#open.delete(index);
    if (!open) return [];
    const { block } = open;
    if (open.type === "text") return [{ type: "text-end", block }];
    if (open.type === "tool-call") {
      const end: StreamPart = { type: "tool-call-end", block };
      return open.filled ? [end] : [{ type: "tool-call-delta", block, arguments: "{}" }, end];
    }
    const signature = open.signature === "" ? {} : { signature: open.signature };
    return [{ type: "reasoning-end", block, ...signature, ...(open.redacted && { redacted: true }) }];
  }

  #finish(): StreamPart[] {
    this.#over = true;
    const ends = [...this.#open.keys()].flatMap((index) => this.#end(index));
    return [...ends, { type: "finish", ...readFinish(this.#reason, isEmpty(this.#usage) ? undefined : this.#usage) }];
  }
}

export class MessageStreamWriter implements StreamWriter {
  #echo: AnswerEcho;
  #started = false;
  #index = new Map<number, number>();

  constructor(echo: AnswerEcho) {
    this.#echo = echo;
  }

  write(part: StreamPart): string {
    if (part.type === "error")
      return frame({ type: "error", error: { type: "api_error", message: part.error.message } });
    if (part.type === "start") return this.#start(part.id, part.model);
    return (this.#started ? "" : this.#start("", "")) + this.#writeBody(part);
  }

  #start(id: string, model: string): string {
    this.#started = true;
    return frame({
      type: "message_start",
      message: {
        id: id || this.#echo.id,
        type: "message",
        role: "assistant",
        model: model || this.#echo.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: writeUsage(null),
      },
    });
  }

  #writeBody(part: Exclude<StreamPart, { type: "start" | "error" }>): string {
    switch (part.type) {
      case "text-start":
        return this.#begin(part.block, { type: "text", text: "" });
      case "text-delta":
        return part.text === "" ? "" : this.#delta(part.block, { type: "text_delta", text: part.text });
      case "reasoning-start":
        return ""; // whether it is redacted shows only later
      case "reasoning-delta":
        return this.#thinking(part.block) + this.#delta(part.block, { type: "thinking_delta", thinking: part.text });
      case "reasoning-end":
        return this.#endThinking(part);
      case "tool-call-start":
        return this.#begin(part.block, { type: "tool_use", id: part.id, name: part.name, input: {} });
      case "tool-call-delta":
        return this.#delta(part.block, { type: "input_json_delta", partial_json: part.arguments });
      case "text-end":
      case "tool-call-end":
        return frame({ type: "content_block_stop", index: this.#index.get(part.block) });
      case "counted":
        return "";
      case "finish": {
        const delta = { stop_reason: writeReason(part), stop_sequence: null };
        return frame({ type: "message_delta", delta, usage: writeUsage(part.usage) }) + frame({ type: "message_stop" });
      }
    }
  }

  #begin(block: number, content_block: Json): string {
    const index = this.#index.size;
    this.#index.set(block, index);
    return frame({ type: "content_block_start", index, content_block });
  }

  #delta(block: number, delta: Json): string {
    return frame({ type: "content_block_delta", index: this.#index.get(block), delta });
  }

  #thinking(block: number): string {
    return this.#index.has(block) ? "" : this.#begin(block, { type: "thinking", thinking: "", signature: "" });
  }

  #endThinking({ block, signature, redacted }: Extract<StreamPart, { type: "reasoning-end" }>): string {
    const begun = redacted
      ? this.#begin(block, { type: "redacted_thinking", data: signature ?? "" })
      : this.#thinking(block) +
        (signature === undefined ? "" : this.#delta(block, { type: "signature_delta", signature }));
    return begun + frame({ type: "content_block_stop", index: this.#index.get(block) });
  }
}

function frame(event: { type: string } & Json): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
