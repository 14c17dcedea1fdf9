import { createReadStream } from "node:fs";
import { type DatasetRow, FlywheelError, type Split, type TrainingMethod } from "@flywheel/protocol";
import type { FormatName } from "../dataset/formats.ts";
import { MOST_LINE, parseLine, rowOfLine, tooLong } from "../dataset/training-file.ts";

const FORMAT = { sft: "openai-sft", dpo: "openai-dpo" } as const satisfies Record<TrainingMethod, FormatName>;

type Json = Record<string, unknown>;

/**
 * The rows of a file in OpenAI's form for fine-tuning, line by line. Which of the two forms it has, its first line says.
 * @throws FlywheelError `invalid_request` that names the line, also where there is none
 */
export async function* trainingRows(
  path: string,
  split: Split,
): AsyncGenerator<{ method: TrainingMethod; row: DatasetRow }> {
  let method: TrainingMethod | undefined;
  for await (const { text, number } of linesOf(path)) {
    const place = `line ${number}`;
    const line = parseLine(text, place);
    if (typeof line !== "object" || line === null || Array.isArray(line)) throw wrong(`${place} is not an object`);
    method ??= methodOf(line, place);
    const unknown = unknownIn(line as Json, method);
    if (unknown !== undefined) throw wrong(`${place}: ${unknown}`);
    yield { method, row: rowOfLine(line, place, FORMAT[method], split) };
  }
  if (method === undefined) throw wrong("the file is empty: line 1 must be a training example");
}

function methodOf(line: object, place: string): TrainingMethod {
  if ("messages" in line) return "sft";
  if ("input" in line) return "dpo";
  throw wrong(`${place} has neither \`messages\`, a conversation, nor \`input\`, what two answers are given to`);
}

async function* linesOf(path: string): AsyncGenerator<{ text: string; number: number }> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  function* whole(line: Buffer) {
    const place = `line ${++number}`;
    if (line.length > MOST_LINE) throw tooLong(place);
    const text = decode(utf8, line, place);
    if (text.trim() !== "") yield { text, number };
  }
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield* whole(rest.subarray(from, end));
      from = end + 1;
    }
    rest = rest.subarray(from);
    if (rest.length > MOST_LINE) break;
  }
  yield* whole(rest);
}

function decode(utf8: TextDecoder, line: Buffer, place: string): string {
  try {
    return utf8.decode(line);
  } catch {
    throw wrong(`${place} is not UTF-8`);
  }
}

const LINE: Record<TrainingMethod, readonly string[]> = {
  sft: ["messages", "tools", "parallel_tool_calls"],
  dpo: ["input", "preferred_output", "non_preferred_output"],
};
const INPUT = ["messages", "tools", "parallel_tool_calls"];
const MESSAGE = ["role", "content", "weight"];

/** What a line says that nothing here could learn: rather refused than left out without a word. */
function unknownIn(line: Json, method: TrainingMethod): string | undefined {
  const input = (method === "sft" ? line : line["input"]) as Json | null | undefined;
  const messages = [input?.["messages"], line["preferred_output"], line["non_preferred_output"]].filter(Array.isArray);
  const last = method === "sft" ? (messages[0]?.at(-1) as Json | undefined) : undefined;
  const tools = input?.["tools"];
  return (
    beyond(line, LINE[method]) ??
    (method === "dpo" ? beyond(input, INPUT) : undefined) ??
    (Array.isArray(tools) && tools.length > 0 ? "`tools` cannot be learned from" : undefined) ??
    messages.flat().reduce((found: string | undefined, message) => found ?? beyond(message, MESSAGE), undefined) ??
    (last?.["weight"] === 0 ? "the last message has the weight 0, so there is nothing to learn" : undefined)
  );
}

function beyond(value: unknown, known: readonly string[]): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const unknown = Object.entries(value).find(([name, said]) => said != null && !known.includes(name))?.[0];
  return unknown === undefined ? undefined : `\`${unknown}\` cannot be learned from; there is room for ${known.join(", ")}`; // prettier-ignore
}

const wrong = (reason: string) => new FlywheelError("invalid_request", { reason }, { param: "file" });
