import { createHash } from "node:crypto";
import type {
  DatasetRow,
  DropReason,
  Generation,
  GenerationDetail,
  Lineage,
  Signal,
  TrainingMessage,
} from "@flywheel/protocol";
import { largest } from "../largest.ts";
import type { HeardSignal } from "./signals-of-generation.ts";

/** A row before it is split and weighed. */
export interface Candidate {
  row: Unsplit<DatasetRow>;
  /** When its last event happened. */
  time: number;
  /** Prompts of one group come from one template. */
  group: string;
}

type Unsplit<T> = T extends unknown ? Omit<T, "split"> : never;

/** A generation with its conversation taken apart. */
export type Told = Generation & Pick<GenerationDetail, "messages" | "output">;

/** What a generation was asked and what it answered, as far as one can train on it. */
export interface Exchange {
  generation: Told;
  messages: TrainingMessage[];
  answer: string;
  response_schema: unknown;
}

const ROLES: readonly string[] = ["system", "user", "assistant", "tool"] satisfies TrainingMessage["role"][];

/** Why not, where one cannot train on it. */
export function exchangeOf(generation: Told): Exchange | DropReason {
  const { messages, output, status, operation_name } = generation;
  if (status !== "ok") return "not_ok";
  if (operation_name !== "chat" || messages.length === 0) return "not_text";
  if (messages.some((message) => !ROLES.includes(message.role) || message.tool_calls?.length)) return "not_text";
  if (output?.tool_calls?.length) return "not_text";
  return {
    generation,
    messages: messages.map(({ role, text }) => ({ role: role as TrainingMessage["role"], content: text })),
    answer: output?.text ?? "",
    response_schema: schemaOf(generation),
  };
}

/** The rows that the signals of one generation give. @param other another generation that a preference names */
export function candidatesOf(
  exchange: Exchange,
  heard: readonly HeardSignal[],
  other: (id: string) => Exchange | undefined,
  minReward: number,
  drop: (reason: DropReason) => void,
): Candidate[] {
  const made: Candidate[] = [];
  const better = heard.flatMap((one) => betterAnswer(exchange, one) ?? []);
  for (const { text, from } of better) {
    made.push(candidate(exchange, [from], example(exchange, text, 1)));
    if (exchange.answer !== "" && text !== exchange.answer)
      made.push(candidate(exchange, [from], preference(exchange, text, exchange.answer)));
  }
  for (const one of heard) {
    if (one.signal.type !== "preference") continue;
    const loser = other(one.signal.over);
    if (!loser) drop("no_generation");
    else if (!isSamePrompt(exchange, loser)) drop("other_prompt");
    else if (exchange.answer !== "" && loser.answer !== "" && exchange.answer !== loser.answer)
      made.push(candidate(exchange, [one], preference(exchange, exchange.answer, loser.answer), [loser]));
  }
  const rated = ratedRows(exchange, heard, better.length === 0, minReward);
  if (rated === "contradicted") drop(rated);
  else made.push(...rated);
  if (made.length === 0 && rated !== "contradicted") drop("no_answer");
  return made;
}

/** What the mean of all rewards says of the answer as it was given: nothing where they cancel each other out. */
function ratedRows(
  exchange: Exchange,
  heard: readonly HeardSignal[],
  alone: boolean,
  minReward: number,
): Candidate[] | "contradicted" {
  const rewards = heard.filter(({ signal }) => signal.type === "reward");
  if (rewards.length === 0 || exchange.answer === "") return [];
  const mean = rewards.reduce((sum, { signal }) => sum + (signal as Reward).value, 0) / rewards.length;
  if (mean === 0) return rewards.some(({ signal }) => (signal as Reward).value !== 0) ? "contradicted" : [];
  const rows = [candidate(exchange, rewards, rating(exchange, mean))];
  if (alone && mean >= minReward && mean > 0)
    rows.push(candidate(exchange, rewards, example(exchange, exchange.answer, mean)));
  return rows;
}

type Reward = Extract<Signal, { type: "reward" }>;

type Body =
  | { kind: "example"; messages: TrainingMessage[]; completion: string; response_schema: unknown; weight: number }
  | { kind: "preference"; messages: TrainingMessage[]; chosen: string; rejected: string; weight: number }
  | { kind: "rating"; messages: TrainingMessage[]; completion: string; desirable: boolean; weight: number };

const example = ({ messages, response_schema }: Exchange, completion: string, weight: number): Body => ({
  kind: "example",
  messages,
  completion,
  response_schema,
  weight,
});

const preference = ({ messages }: Exchange, chosen: string, rejected: string): Body => ({
  kind: "preference",
  messages,
  chosen,
  rejected,
  weight: 1,
});

const rating = ({ messages, answer }: Exchange, mean: number): Body => ({
  kind: "rating",
  messages,
  completion: answer,
  desirable: mean > 0,
  weight: Math.abs(mean),
});

function candidate(
  { generation }: Exchange,
  heard: readonly HeardSignal[],
  body: Body,
  others: readonly Exchange[] = [],
): Candidate {
  const lineage: Lineage = {
    generation_ids: [generation.id, ...others.map((one) => one.generation.id)],
    event_ids: heard.map(({ event }) => event.id),
    user_id: userIdOf(generation, heard),
  };
  const id = createHash("sha256")
    .update(JSON.stringify([body, lineage]))
    .digest("hex")
    .slice(0, 24);
  return {
    row: { id: `row_${id}`, ...body, lineage },
    time: largest(heard.map(({ event }) => event.time)),
    group: generation.request_model,
  };
}

/** The server that asked knows its user; a page only says who it is. */
function userIdOf(generation: Generation, heard: readonly HeardSignal[]): string {
  const said = generation.user_id || (heard[0]?.event.user_id ?? "");
  return said || (generation.conversation_id && `conversation:${generation.conversation_id}`);
}

/** The answer that a demonstration or a label says would have been better (or was right). */
function betterAnswer(exchange: Exchange, heard: HeardSignal): { text: string; from: HeardSignal } | undefined {
  const { signal } = heard;
  if (signal.type === "demonstration") return { text: inOrderOf(exchange.answer, signal.text), from: heard };
  if (signal.type !== "label") return undefined;
  const answer = asObject(exchange.answer);
  const values = Object.values(signal.labels);
  if (answer) {
    const known = Object.entries(signal.labels).filter(([name]) => Object.hasOwn(answer, name));
    if (known.length === 0) return undefined;
    const same = known.every(([name, value]) => answer[name] === value);
    const text = same ? exchange.answer : JSON.stringify({ ...answer, ...Object.fromEntries(known) });
    return { text, from: heard };
  }
  return values.length === 1 ? { text: String(values[0]), from: heard } : undefined;
}

/** An object is written with its members in the order of the answer it mends: a model learns the order, too. */
function inOrderOf(answer: string, text: string): string {
  const [original, mended] = [asObject(answer), asObject(text)];
  if (!original || !mended) return text;
  const names = [...Object.keys(original), ...Object.keys(mended)].filter((name) => Object.hasOwn(mended, name));
  const ordered = Object.fromEntries(names.map((name) => [name, mended[name]]));
  return JSON.stringify(ordered) === JSON.stringify(original) ? answer : JSON.stringify(ordered);
}

function asObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const isSamePrompt = (a: Exchange, b: Exchange): boolean => JSON.stringify(a.messages) === JSON.stringify(b.messages);

/** The schema that a request in OpenAI's words held the answer to. */
function schemaOf({ request_dialect, request_body }: Generation): unknown {
  if (request_dialect !== "openai-chat") return null;
  const body = asObject(request_body) as { response_format?: { json_schema?: { schema?: unknown } } } | undefined;
  return body?.response_format?.json_schema?.schema ?? null;
}
