import { isDeepStrictEqual } from "node:util";
import type { DecodedResponse } from "@flywheel/providers";
import { ask, readDirectly } from "./clients.ts";
import type { Address } from "./clients.ts";
import { meaningOf } from "./reading.ts";
import type { ClientDialect, Dialect, Reading } from "./reading.ts";
import type { Recording } from "./recordings.ts";

/** What is compared of one answer. */
export const CHECKS = ["parsed", "text", "usage", "finish reason", "tool calls"] as const;
export type Check = (typeof CHECKS)[number];

/** One recording as one reader behind the gateway found it. */
export interface Replay {
  /** A client's dialect, or `row`: the gateway's own log. */
  by: ClientDialect | "row";
  wrong: Check[];
  /** It raised an error, which is right where the recording cannot be read directly either. */
  raised: boolean;
  /** What was wrong, for a person. */
  why: string;
}

export interface Outcome {
  recording: Recording;
  /** Even the vendor's own SDK raises an error on the recording itself, so clients behind the gateway may, too. */
  unreadable: boolean;
  replays: Replay[];
  right: boolean;
}

/** A gateway to replay through. */
export interface Gateway {
  /** How to ask for a recording in this dialect that the upstream holds under a model name. */
  address(dialect: Dialect, held: string): Omit<Address, "fetch"> & { model: string };
  /** Where its log can be asked: what it shows of the generation since the last time; `undefined` if none was whole. */
  takeRow?(): DecodedResponse | undefined;
  close(): Promise<void>;
}

export interface ReplayOptions {
  clients: readonly ClientDialect[];
  /** Which pairs the gateway translates; all by default. */
  speaks?: (client: ClientDialect, provider: Dialect) => boolean;
  /** In place of the network, to listen in. */
  fetch?: Address["fetch"];
}

/** Replay one recording, held by the upstream under a model name, and compare what every reader finds. */
export async function replayOne(
  gateway: Gateway,
  recording: Recording,
  held: string,
  options: ReplayOptions,
): Promise<Outcome> {
  const { reading, raised } = await readDirectly(recording);
  const replays: Replay[] = [];
  for (const [client, found] of await askAll(gateway, recording, held, options))
    replays.push(compare(client, recording, reading, found, raised));
  if (recording.operation === "chat" && gateway.takeRow)
    replays.push(compare("row", recording, reading, readRow(gateway.takeRow()), raised));
  return { recording, unreadable: raised, replays, right: replays.every(({ wrong }) => wrong.length === 0) };
}

/** What every client that can ask for a recording reads, or the error that its SDK raises. */
export async function askAll(
  gateway: Gateway,
  recording: Recording,
  held: string,
  { clients, speaks = () => true, fetch }: ReplayOptions,
): Promise<[ClientDialect, Reading | Error][]> {
  const { dialect, operation } = recording;
  const { model, ...address } = gateway.address(dialect, held);
  const found: [ClientDialect, Reading | Error][] = [];
  for (const client of clients)
    if ((operation === "chat" || client === dialect) && speaks(client, dialect))
      found.push([client, await ask(client, { ...address, fetch }, recording, model).catch(asError)]);
  return found;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function compare(
  by: Replay["by"],
  { dialect }: Recording,
  expected: Reading,
  found: Reading | Error,
  mayRaise: boolean,
): Replay {
  if (found instanceof Error)
    return { by, raised: true, ...(mayRaise ? { wrong: [], why: "" } : { wrong: ["parsed"], why: found.message }) };
  const verbatim = by === dialect || by === "row";
  const pairs: [Check, unknown, unknown][] = [
    ["text", expected.text, found.text],
    ["usage", [expected.input ?? 0, expected.output ?? 0], [found.input ?? 0, found.output ?? 0]],
    ["finish reason", reasonOf(expected, verbatim), reasonOf(found, verbatim)],
    ["tool calls", expected.calls, found.calls],
  ];
  const wrong = pairs.filter(([, a, b]) => !isDeepStrictEqual(plain(a), plain(b)));
  const why = wrong.map(([check, a, b]) => `${check}: ${short(a)} became ${short(b)}`).join("; ");
  return { by, raised: false, wrong: wrong.map(([check]) => check), why };
}

const reasonOf = (reading: Reading, verbatim: boolean): string => (verbatim ? reading.reason : meaningOf(reading));

/** SDKs hand out objects of their own classes. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 160 ? text : `${text.slice(0, 160)}… (${text.length})`;
}

function readRow(row: DecodedResponse | undefined): Reading | Error {
  if (!row || row.error) return new Error(row?.error?.message ?? "no whole answer was logged");
  const { message, usage, finish_reason } = row;
  return {
    text: message?.text ?? "",
    calls: (message?.tool_calls ?? []).map(({ name, arguments: text }) => [name, argumentsOf(text)]),
    reason: finish_reason,
    input: usage?.input_tokens,
    output: usage?.output_tokens,
  };
}

function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch {
    return text;
  }
}
