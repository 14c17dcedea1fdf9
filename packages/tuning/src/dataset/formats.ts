import { createHash } from "node:crypto";
import type { DatasetRow, DatasetRowKind, Split, TrainingMessage } from "@flywheel/protocol";

/** A training file's line, as it is written and read. */
export interface Format {
  /** The one kind of row it has room for; absent = all of them, losslessly. */
  kind?: DatasetRowKind;
  write(row: DatasetRow): Record<string, unknown>;
  /** Throws an `Error` that says what is wrong with the line. */
  read(line: Record<string, unknown>): RowBody;
}

/** What a line says; the rest of a row (id, split, lineage) is made up on import where it is not there. */
export type RowBody =
  | { kind: "example"; messages: TrainingMessage[]; completion: string; response_schema: null; weight: number }
  | { kind: "preference"; messages: TrainingMessage[]; chosen: string; rejected: string; weight: number }
  | { kind: "rating"; messages: TrainingMessage[]; completion: string; desirable: boolean; weight: number };

type Row<K extends DatasetRowKind> = Extract<DatasetRow, { kind: K }>;

const assistant = (content: string): TrainingMessage[] => [{ role: "assistant", content }];

/** Of `flywheel dataset export --format`; `jsonl` and `parquet` hold whole rows and are not in this table. */
export const FORMATS = {
  /** OpenAI supervised fine-tuning. */
  "openai-sft": {
    kind: "example",
    write: (row) => ({ messages: [...row.messages, ...assistant((row as Row<"example">).completion)] }),
    read: (line) => exampleOf(messagesIn(line, "messages")),
  },
  /** OpenAI direct preference optimisation. */
  "openai-dpo": {
    kind: "preference",
    write(row) {
      const { messages, chosen, rejected } = row as Row<"preference">;
      return {
        input: { messages, tools: [], parallel_tool_calls: true },
        preferred_output: assistant(chosen),
        non_preferred_output: assistant(rejected),
      };
    },
    read: (line) =>
      preferenceOf(
        messagesIn(objectIn(line, "input"), "messages"),
        answerIn(line, "preferred_output"),
        answerIn(line, "non_preferred_output"),
      ),
  },
  /** TRL's `SFTTrainer`: prompt and completion, so that only the completion is learned. */
  "trl-sft": {
    kind: "example",
    write: (row) => ({ prompt: row.messages, completion: assistant((row as Row<"example">).completion) }),
    read: (line) => exampleOf([...messagesIn(line, "prompt"), ...assistant(answerIn(line, "completion"))]),
  },
  /** TRL's `DPOTrainer`. */
  "trl-dpo": {
    kind: "preference",
    write(row) {
      const { messages, chosen, rejected } = row as Row<"preference">;
      return { prompt: messages, chosen: assistant(chosen), rejected: assistant(rejected) };
    },
    read: (line) => preferenceOf(messagesIn(line, "prompt"), answerIn(line, "chosen"), answerIn(line, "rejected")),
  },
  /** TRL's `KTOTrainer`. */
  "trl-kto": {
    kind: "rating",
    write(row) {
      const { messages, completion, desirable } = row as Row<"rating">;
      return { prompt: messages, completion: assistant(completion), label: desirable };
    },
    read(line) {
      const { label } = line;
      if (typeof label !== "boolean") throw new Error("`label` must be true or false");
      const messages = messagesIn(line, "prompt");
      return { kind: "rating", messages, completion: answerIn(line, "completion"), desirable: label, weight: 1 };
    },
  },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

/** A row of our own around what a line says. The same line gives the same row. */
export function rowAround(body: RowBody, split: Split): DatasetRow {
  const id = createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 24);
  return { id: `row_${id}`, split, ...body, lineage: { generation_ids: [], event_ids: [], user_id: `imported:${id}` } };
}

const ROLES: readonly unknown[] = ["system", "user", "assistant", "tool"] satisfies TrainingMessage["role"][];

function exampleOf(whole: TrainingMessage[]): RowBody {
  const last = whole.at(-1)!;
  if (last.role !== "assistant") throw new Error("the last message must be the assistant's");
  if (whole.length < 2) throw new Error("there must be a message before the assistant's");
  return { kind: "example", messages: whole.slice(0, -1), completion: last.content, response_schema: null, weight: 1 };
}

function preferenceOf(messages: TrainingMessage[], chosen: string, rejected: string): RowBody {
  if (chosen === rejected) throw new Error("both answers are the same");
  return { kind: "preference", messages, chosen, rejected, weight: 1 };
}

function messagesIn(line: Record<string, unknown>, name: string): TrainingMessage[] {
  const value = line[name];
  // TRL takes plain text, too.
  if (typeof value === "string") return [{ role: "user", content: value }];
  if (!Array.isArray(value) || value.length === 0) throw new Error(`\`${name}\` must be a list of messages`);
  return value.map((message: unknown, index) => {
    const { role, content } = (message ?? {}) as Record<string, unknown>;
    const place = `\`${name}[${index}]\``;
    if (!ROLES.includes(role)) throw new Error(`${place} must have a role of ${ROLES.join(", ")}`);
    if (typeof content !== "string") throw new Error(`${place} must have text as its content`);
    return { role: role as TrainingMessage["role"], content };
  });
}

function answerIn(line: Record<string, unknown>, name: string): string {
  const value = line[name];
  if (typeof value === "string") return value;
  const messages = messagesIn(line, name);
  if (messages.length !== 1 || messages[0]!.role !== "assistant")
    throw new Error(`\`${name}\` must be one message of the assistant's`);
  return messages[0]!.content;
}

function objectIn(line: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = line[name];
  if (typeof value !== "object" || value === null) throw new Error(`\`${name}\` must be an object`);
  return value as Record<string, unknown>;
}
