import type { StreamPart } from "@flywheel/protocol";
import { Blocks } from "../blocks.ts";
import type { AnswerEcho, StreamReader, StreamWriter } from "../dialect.ts";
import { array, isObject, object, parseJson, string } from "../json.ts";
import type { Json } from "../json.ts";
import { logprobsOf, readFinish, writeReason, writeUsage } from "./answer.ts";
import { argumentsText, contentText, readError, reasoningText } from "./log.ts";
import { readSignature } from "./request.ts";

/** Usage comes after the finish reason, so `finish` waits for `[DONE]`, or for the end where a reason was given. */
export class ChatStreamReader implements StreamReader {
  #blocks = new Blocks();
  #started = false;
  #reason = "";
  #usage: unknown;
  #over = false;
  #answered = false;
  #called = false;
  #calls = 0;

  read(_event: string, data: string): StreamPart[] {
    if (this.#over) return [];
    if (data === "[DONE]") return this.#answered ? this.#finish() : [];
    const chunk = parseJson(data);
    if (!isObject(chunk)) return [];
    const error = readError(chunk);
    if (error) {
      this.#over = true;
      return [{ type: "error", error }];
    }
    const usage = isObject(chunk.usage) ? chunk.usage : object(chunk.x_groq).usage;
    if (isObject(usage)) this.#usage = usage;
    const choices = array(chunk.choices)
      .map(object)
      .filter((choice) => (choice.index ?? 0) === 0);
    return [...this.#start(chunk), ...choices.flatMap((choice) => this.#readChoice(choice))];
  }

  end(): StreamPart[] {
    return this.#over || this.#reason === "" ? [] : this.#finish();
  }

  #start(chunk: Json): StreamPart[] {
    if (this.#started || (!chunk.id && !chunk.model)) return [];
    this.#started = true;
    return [{ type: "start", id: string(chunk.id), model: string(chunk.model) }];
  }

  #readChoice(choice: Json): StreamPart[] {
    const delta = object(choice.delta);
    const parts: StreamPart[] = [];
    this.#answered = true;
    const thought = reasoningText(delta);
    if (thought !== "") parts.push(...this.#blocks.reasoning(thought));
    const words = contentText(delta.content) + string(delta.refusal);
    const logprobs = logprobsOf(choice);
    if (words !== "" || logprobs?.length) parts.push(...this.#blocks.text(words, logprobs && { logprobs }));
    for (const value of array(delta.tool_calls)) parts.push(...this.#readCall(object(value)));
    this.#reason = string(choice.finish_reason) || this.#reason;
    return parts;
  }

  #readCall(call: Json): StreamPart[] {
    this.#called = true;
    const index = typeof call.index === "number" ? call.index : `whole-${this.#calls++}`; // without an index each is whole
    const target = object(call.function);
    const parts = this.#blocks.call(index, string(call.id), string(target.name), argumentsText(target.arguments));
    const signature = readSignature(call);
    if (signature !== undefined) this.#blocks.sign(signature);
    return parts;
  }

  #finish(): StreamPart[] {
    this.#over = true;
    return [...this.#blocks.end(), { type: "finish", ...readFinish(this.#reason, this.#usage, this.#called) }];
  }
}

export class ChatStreamWriter implements StreamWriter {
  #echo: AnswerEcho;
  #head: { id: string; model: string };
  #role: { role?: "assistant" } = { role: "assistant" };
  #calls = new Map<number, number>();

  constructor(echo: AnswerEcho) {
    this.#echo = echo;
    this.#head = { id: echo.id, model: echo.model };
  }

  write(part: StreamPart): string {
    switch (part.type) {
      case "start":
        this.#head = { id: part.id || this.#echo.id, model: part.model || this.#echo.model };
        return this.#delta({ content: "" });
      case "text-delta":
        return this.#delta({ content: part.text }, null, part.logprobs);
      case "reasoning-delta":
        return this.#delta({ reasoning_content: part.text });
      case "tool-call-start":
        this.#calls.set(part.block, this.#calls.size);
        return this.#call(part.block, { id: part.id, type: "function", function: { name: part.name, arguments: "" } });
      case "tool-call-delta":
        return this.#call(part.block, { function: { arguments: part.arguments } });
      case "tool-call-end":
        return part.signature === undefined
          ? ""
          : this.#call(part.block, {
              extra_content: { google: { thought_signature: part.signature } },
              function: { arguments: "" },
            });
      case "finish": {
        const usage = this.#echo.usage ? this.#chunk([], { usage: writeUsage(part.usage) ?? null }) : "";
        return `${this.#delta({}, writeReason(part.reason))}${usage}data: [DONE]\n\n`;
      }
      case "error":
        return `data: ${JSON.stringify({ error: part.error })}\n\n`;
      default:
        return "";
    }
  }

  #call(block: number, call: Json): string {
    return this.#delta({ tool_calls: [{ index: this.#calls.get(block) ?? 0, ...call }] });
  }

  #delta(delta: Json, finish_reason: string | null = null, logprobs?: unknown[]): string {
    const choice = {
      index: 0,
      delta: { ...this.#role, ...delta },
      logprobs: logprobs ? { content: logprobs, refusal: null } : null,
      finish_reason,
    };
    this.#role = {};
    return this.#chunk([choice]);
  }

  #chunk(choices: Json[], extra: Json = {}): string {
    const chunk = {
      id: this.#head.id,
      object: "chat.completion.chunk",
      created: this.#echo.created,
      model: this.#head.model,
      choices,
    };
    return `data: ${JSON.stringify({ ...chunk, ...extra })}\n\n`;
  }
}
