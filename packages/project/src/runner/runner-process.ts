import { read, writeSync } from "node:fs";
import { toPlain } from "../plain-data.ts";
import { brokeredFetch } from "./fetch.ts";
import {
  frameOf,
  frameReader,
  LONGEST_FRAME,
  type FromRunner,
  type LoadedDefinition,
  type Thrown,
  type ToRunner,
} from "./frames.ts";
import { BUNDLE_URL } from "./modules.ts";
import { seal } from "./seal.ts";
import { saySchema } from "./standard-schema.ts";

// Runs a project's code. It talks to the supervisor's side over two pipes, since Node's own channel would hang on `process`.

const IN = 3;
const OUT = 4;
const CHUNK_BYTES = 65_536;

interface Definition {
  prompt(input: unknown): unknown;
}

/** Taken before `process` is stripped. */
const end = process.exit.bind(process, 0);

let definitions: Record<string, Definition> = {};
const broker = brokeredFetch(say);

function say(message: FromRunner): void {
  const frame = frameOf(message);
  if (frame.length > LONGEST_FRAME) throw new RangeError(`${frame.length} bytes; at most ${LONGEST_FRAME} are taken`);
  for (let at = 0; at < frame.length;) at += writeSync(OUT, frame, at);
}

process.on("uncaughtException", (error) => say({ type: "threw", ...thrown(error) }));
process.on("unhandledRejection", (error) => say({ type: "threw", ...thrown(error) }));

function onMessage(message: ToRunner): void {
  if (message.type === "load") void load(message.code, message.env);
  else if (message.type === "render") void render(message);
  else if (message.type === "ping") say({ type: "pong" });
  else broker.fetched(message);
}

async function load(code: string, env: Record<string, string>): Promise<void> {
  try {
    globalThis.fetch = broker.fetch;
    const run = seal(code, env, (text) => say({ type: "log", text }));
    const module = (await run()) as { default: Record<string, { default?: Definition }> };
    definitions = Object.fromEntries(
      Object.entries(module.default).map(([name, file]) => [name, file.default as Definition]),
    );
    const loaded = Object.entries(definitions).map(([name, definition]) => [name, loadedOf(definition)] as const);
    say({ type: "loaded", definitions: Object.fromEntries(loaded) });
  } catch (error) {
    say({ type: "threw", ...thrown(error) });
  }
}

function loadedOf(definition: unknown): LoadedDefinition {
  const { input, output, ...rest } = Object(definition) as Record<string, unknown>;
  return {
    value: toPlain(definition === undefined ? undefined : rest),
    schemas: {
      ...(input !== undefined && { input: saySchema(input, "input") }),
      ...(output !== undefined && { output: saySchema(output, "output") }),
    },
  };
}

async function render({ id, endpoint, input }: Extract<ToRunner, { type: "render" }>): Promise<void> {
  say({ type: "begun", id });
  try {
    const messages = await definitions[endpoint]!.prompt(input);
    say({ type: "rendered", id, messages: toPlain(messages) });
  } catch (error) {
    say({ type: "threw", id, ...thrown(error) });
  }
}

/** What was thrown, whatever it is: an error may have getters that throw again. */
function thrown(error: unknown): Thrown {
  try {
    if (!(error instanceof Error)) return { message: `threw ${inWords(error)}, which is not an Error`, frames: [] };
    const denied = (error as { code?: unknown }).code === "ERR_ACCESS_DENIED";
    const message = denied ? "files, network and processes are closed to a project's code" : error.message;
    const name = error.name === "Error" || denied ? "" : `${error.name}: `;
    return { message: name + message, frames: framesOf(error.stack ?? "") };
  } catch {
    return { message: "threw something that cannot be looked at", frames: [] };
  }
}

function inWords(value: unknown): string {
  return typeof value === "symbol" ? value.toString() : (JSON.stringify(value) ?? typeof value);
}

const FRAME = new RegExp(`${BUNDLE_URL}:(\\d+):(\\d+)`, "g");

const framesOf = (stack: string): Thrown["frames"] =>
  Array.from(stack.matchAll(FRAME), ([, line, column]) => ({ line: Number(line), column: Number(column) }));

const takeIn = frameReader(Number.MAX_SAFE_INTEGER, (message) => onMessage(message as ToRunner));
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

function listen(): void {
  read(IN, chunk, 0, CHUNK_BYTES, null, (error, bytes) => {
    // The other end is gone.
    if (error || bytes === 0) return end();
    takeIn(Buffer.from(chunk.subarray(0, bytes)));
    listen();
  });
}
listen();
