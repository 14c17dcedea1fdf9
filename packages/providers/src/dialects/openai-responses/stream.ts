import type { ModelAnswer, StreamPart, WireError } from "@flywheel/protocol";
import type { AnswerEcho, StreamReader, StreamWriter } from "../dialect.ts";
import { array, isObject, object, parseJson, string, text } from "../json.ts";
import type { Json } from "../json.ts";
import { readLogprobs, withBytes } from "../logprobs.ts";
import { readError } from "../openai-chat/log.ts";
import { errorEvent, itemId, readFinish, writeItem, writeResponse } from "./answer.ts";

type AnswerPart = ModelAnswer["parts"][number];

interface OpenItem {
  block: number;
  /** What came of it so far. */
  sofar: string;
}

export class ResponseStreamReader implements StreamReader {
  #started = false;
  #over = false;
  #next = 0;
  #calls = false;
  /** Text parts by item and place, calls and thoughts by item. */
  #open = new Map<string, OpenItem>();

  read(event: string, data: string): StreamPart[] {
    const value = parseJson(data);
    if (this.#over || !isObject(value)) return [];
    const type = string(value.type) || event;
    if (type === "error" || isObject(value.error)) return this.#fail(readError(value) ?? flatError(value));
    switch (type) {
      case "response.created":
      case "response.in_progress":
        return this.#start(object(value.response));
      case "response.output_item.added":
        return this.#addItem(object(value.item), indexOf(value.output_index));
      case "response.output_text.delta":
      case "response.refusal.delta":
        return this.#addText(value, string(value.delta));
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#grow(value, (open) => ({ type: "reasoning-delta", block: open.block, text: string(value.delta) }));
      case "response.reasoning_summary_part.added":
        return this.#grow(value, (open) =>
          open.sofar !== "" ? { type: "reasoning-delta", block: open.block, text: "\n\n" } : undefined,
        );
      case "response.function_call_arguments.delta":
        return this.#grow(value, (open) => ({
          type: "tool-call-delta",
          block: open.block,
          arguments: string(value.delta),
        }));
      case "response.output_item.done":
        return this.#endItem(object(value.item), indexOf(value.output_index));
      case "response.completed":
      case "response.incomplete":
        return this.#finish(object(value.response));
      case "response.failed":
        return this.#fail(readError(object(value.response)) ?? flatError(value));
      default:
        return [];
    }
  }

  end(): StreamPart[] {
    return [];
  }

  #fail(error: WireError["error"]): StreamPart[] {
    this.#over = true;
    return [{ type: "error", error }];
  }

  #start(response: Json): StreamPart[] {
    if (this.#started) return [];
    this.#started = true;
    return [{ type: "start", id: string(response.id), model: string(response.model) }];
  }

  #openBlock(key: string): OpenItem {
    const open = { block: this.#next++, sofar: "" };
    this.#open.set(key, open);
    return open;
  }

  #addItem(item: Json, key: string): StreamPart[] {
    if (item.type === "reasoning") return [{ type: "reasoning-start", block: this.#openBlock(key).block }];
    if (item.type !== "function_call") return [];
    this.#calls = true;
    const { block } = this.#openBlock(key);
    return [{ type: "tool-call-start", block, id: string(item.call_id), name: string(item.name) }];
  }

  #addText(value: Json, words: string): StreamPart[] {
    const key = `${indexOf(value.output_index)}/${indexOf(value.content_index)}`;
    const known = this.#open.get(key);
    const before = this.#endText(value, Number(value.content_index) - 1, undefined);
    const open = known ?? this.#openBlock(key);
    const { block } = open;
    open.sofar += words;
    const logprobs = readLogprobs(value.logprobs);
    const delta: StreamPart = {
      type: "text-delta",
      block,
      text: words,
      ...(logprobs.length > 0 && { logprobs }),
    };
    return known ? [delta] : [...before, { type: "text-start", block }, delta];
  }

  /** @param part the whole one, where the provider repeats it */
  #endText(at: Json, content_index: number, part: Json | undefined): StreamPart[] {
    const key = `${indexOf(at.output_index)}/${content_index}`;
    const whole =
      part?.type === "output_text" || part?.type === "refusal" ? string(part.text) || string(part.refusal) : "";
    const rest = missing(this.#open.get(key), whole);
    const parts = rest === "" ? [] : this.#addText({ output_index: at.output_index, content_index }, rest);
    const open = this.#open.get(key);
    this.#open.delete(key);
    return open ? [...parts, { type: "text-end", block: open.block }] : [];
  }

  #grow(value: Json, make: (open: OpenItem) => StreamPart | undefined): StreamPart[] {
    const open = this.#open.get(indexOf(value.output_index));
    const part = open && make(open);
    if (!part) return [];
    open.sofar += string(value.delta);
    return [part];
  }

  #endItem(item: Json, key: string): StreamPart[] {
    if (item.type === "message")
      return array(item.content).flatMap((part, index) => this.#endText({ output_index: key }, index, object(part)));
    const open = this.#open.get(key);
    this.#open.delete(key);
    if (!open) return [];
    const { block } = open;
    if (item.type !== "function_call") {
      const signature = text(item.encrypted_content);
      return [{ type: "reasoning-end", block, ...(signature !== undefined && { signature }) }];
    }
    const end: StreamPart = { type: "tool-call-end", block };
    const rest = missing(open, string(item.arguments));
    return rest === "" ? [end] : [{ type: "tool-call-delta", block, arguments: rest }, end];
  }

  #finish(response: Json): StreamPart[] {
    this.#over = true;
    const finish = readFinish(response, this.#calls);
    return finish ? [{ type: "finish", ...finish }] : [];
  }
}

/** A block's end repeats it whole, which makes good for pieces that did not come. */
function missing(open: OpenItem | undefined, whole: string): string {
  const sofar = open?.sofar ?? "";
  return whole.startsWith(sofar) ? whole.slice(sofar.length) : "";
}

/** The documented form of the `error` event has its fields at the top. */
function flatError(value: Json): WireError["error"] {
  return {
    message: string(value.message) || "The provider gave no message.",
    type: "api_error",
    param: text(value.param) ?? null,
    code: string(value.code) || "upstream_error",
  };
}

/** One item a block: a message has one text, and follows or is followed by others. */
export class ResponseStreamWriter implements StreamWriter {
  #echo: AnswerEcho;
  #id: string;
  #model: string;
  #sequence: number;
  #started = false;
  #items = new Map<number, { index: number; id: string; part: AnswerPart }>();
  #output: Json[] = [];

  constructor(echo: AnswerEcho) {
    this.#echo = echo;
    this.#id = echo.id;
    this.#model = echo.model;
    this.#sequence = echo.sequence ?? 0;
  }

  write(part: StreamPart): string {
    if (part.type === "error") return this.#event("error", errorEvent(part.error));
    if (part.type === "start") return this.#start(part.id, part.model);
    return (this.#started ? "" : this.#start("", "")) + this.#writeBody(part);
  }

  #start(id: string, model: string): string {
    this.#started = true;
    this.#id = id || this.#id;
    this.#model = model || this.#model;
    const response = this.#response(undefined);
    return this.#event("response.created", { response }) + this.#event("response.in_progress", { response });
  }

  #writeBody(part: Exclude<StreamPart, { type: "start" | "error" }>): string {
    switch (part.type) {
      case "text-start":
        return this.#begin(part.block, { type: "text", text: "" });
      case "reasoning-start":
        return this.#begin(part.block, { type: "reasoning", text: "" });
      case "tool-call-start":
        return this.#begin(part.block, { type: "tool-call", id: part.id, name: part.name, arguments: "" });
      case "text-delta":
      case "reasoning-delta":
      case "tool-call-delta":
        return this.#grow(part);
      case "finish": {
        const response = this.#response(part);
        return this.#event(response.status === "incomplete" ? "response.incomplete" : "response.completed", {
          response,
        });
      }
      case "counted":
        return "";
      default:
        return this.#end(part);
    }
  }

  #begin(block: number, part: AnswerPart): string {
    const index = this.#items.size;
    const id = itemId(part.type, this.#echo.id, index);
    this.#items.set(block, { index, id, part });
    const whole = writeItem(part, id);
    const item =
      part.type === "reasoning"
        ? whole
        : { ...whole, status: "in_progress", ...(part.type === "text" && { content: [] }) };
    const added = this.#event("response.output_item.added", { output_index: index, item });
    const at = { item_id: id, output_index: index };
    if (part.type === "text")
      return added + this.#event("response.content_part.added", { ...at, content_index: 0, part: textPart(part) });
    if (part.type === "tool-call") return added;
    const summary = { type: "summary_text", text: "" };
    return added + this.#event("response.reasoning_summary_part.added", { ...at, summary_index: 0, part: summary });
  }

  #grow(delta: Extract<StreamPart, { type: "text-delta" | "reasoning-delta" | "tool-call-delta" }>): string {
    const item = this.#items.get(delta.block);
    if (!item) return "";
    const { part } = item;
    const at = { item_id: item.id, output_index: item.index };
    if (delta.type === "tool-call-delta") {
      if (part.type === "tool-call") part.arguments += delta.arguments;
      return this.#event("response.function_call_arguments.delta", { ...at, delta: delta.arguments });
    }
    if (part.type !== "tool-call") part.text += delta.text;
    if (delta.type === "reasoning-delta")
      return this.#event("response.reasoning_summary_text.delta", { ...at, summary_index: 0, delta: delta.text });
    if (part.type === "text" && delta.logprobs) part.logprobs = [...(part.logprobs ?? []), ...delta.logprobs];
    const logprobs = withBytes(delta.logprobs);
    return this.#event("response.output_text.delta", { ...at, content_index: 0, delta: delta.text, logprobs });
  }

  #end(end: Extract<StreamPart, { type: "text-end" | "reasoning-end" | "tool-call-end" }>): string {
    const item = this.#items.get(end.block);
    if (!item) return "";
    const { part } = item;
    if (end.type === "reasoning-end" && part.type === "reasoning") part.signature = end.signature;
    const whole = writeItem(part, item.id);
    this.#output[item.index] = whole;
    const done = this.#event("response.output_item.done", { output_index: item.index, item: whole });
    return this.#endInner(part, { item_id: item.id, output_index: item.index }) + done;
  }

  #endInner(part: AnswerPart, at: Json): string {
    if (part.type === "tool-call")
      return this.#event("response.function_call_arguments.done", {
        ...at,
        name: part.name,
        arguments: part.arguments,
      });
    if (part.type === "reasoning") {
      const inner = { ...at, summary_index: 0 };
      const summary = { type: "summary_text", text: part.text };
      return (
        this.#event("response.reasoning_summary_text.done", { ...inner, text: part.text }) +
        this.#event("response.reasoning_summary_part.done", { ...inner, part: summary })
      );
    }
    const inner = { ...at, content_index: 0 };
    const logprobs = withBytes(part.logprobs);
    return (
      this.#event("response.output_text.done", { ...inner, text: part.text, logprobs }) +
      this.#event("response.content_part.done", { ...inner, part: textPart(part) })
    );
  }

  #response(finish: Extract<StreamPart, { type: "finish" }> | undefined): Json {
    return writeResponse({
      id: this.#id,
      model: this.#model,
      output: this.#output.filter((item) => item !== undefined),
      finish,
      echo: this.#echo,
    });
  }

  #event(type: string, fields: Json): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...fields })}\n\n`;
  }
}

function textPart({ text: words, logprobs }: Extract<AnswerPart, { type: "text" }>): Json {
  return { type: "output_text", text: words, annotations: [], logprobs: withBytes(logprobs) };
}

/** An index as a key: providers send numbers, and our own keys are their texts. */
function indexOf(value: unknown): string {
  return typeof value === "number" || typeof value === "string" ? String(value) : "";
}
