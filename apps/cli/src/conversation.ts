import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline/promises";
import { ask, type Message, modelNames } from "./answer.ts";
import type { AppContext } from "./app-command.ts";
import type { PublicApi } from "./public-api.ts";

const MOST_LINES = 500;

/** What has been said so far. */
interface Conversation {
  model: string;
  /** What the model is told before everything else. */
  beginning: readonly Message[];
  messages: Message[];
}

/** Line by line, from a terminal or a pipe. Gives 1 where an answer to a pipe failed. */
export async function converse(
  context: AppContext,
  api: PublicApi,
  model: string,
  beginning: readonly Message[],
): Promise<number> {
  const talk: Conversation = { model, beginning, messages: [...beginning] };
  return process.stdin.isTTY ? onTerminal(context, api, talk) : fromPipe(context, api, talk);
}

async function fromPipe(context: AppContext, api: PublicApi, talk: Conversation): Promise<number> {
  const input = createInterface({ input: process.stdin, terminal: false });
  context.signal.addEventListener("abort", () => input.close());
  let exitCode = 0;
  for await (const content of input)
    if (content.trim() && !(await say(context, api, talk, content, context.signal))) exitCode = 1;
  return exitCode;
}

/** Prompts, keeps what was typed for the next time, and takes commands. Ctrl-C stops the answer under way, then the talk. */
async function onTerminal(context: AppContext, api: PublicApi, talk: Conversation): Promise<number> {
  const file = join(context.place.dataDir, "chat-history");
  const input = createInterface({
    input: process.stdin,
    output: process.stderr,
    history: readHistory(file),
    historySize: MOST_LINES,
    removeHistoryDuplicates: true,
  });
  let answering: AbortController | undefined;
  input.on("SIGINT", () => (answering ? answering.abort() : input.close()));
  input.on("history", (lines: string[]) => keepHistory(file, lines));
  context.signal.addEventListener("abort", () => input.close());
  context.note(`${talk.model} · /help for commands, Ctrl-D ends the conversation`);
  prompt(input, talk);
  for await (const typed of input) {
    if (typed.startsWith("/")) {
      if (await command(context, api, talk, typed.trim())) break;
    } else if (typed.trim()) {
      answering = new AbortController();
      await say(context, api, talk, typed, AbortSignal.any([answering.signal, context.signal]));
      answering = undefined;
    }
    prompt(input, talk);
  }
  input.close();
  return 0;
}

function prompt(input: Interface, { model }: Conversation): void {
  input.setPrompt(`${model}> `);
  input.prompt();
}

/** Asks, and keeps both sides. What was not answered is forgotten, so that it can be said again. */
async function say(
  context: AppContext,
  api: PublicApi,
  talk: Conversation,
  content: string,
  signal: AbortSignal,
): Promise<boolean> {
  const asked: Message[] = [...talk.messages, { role: "user", content }];
  try {
    const answer = await ask({ ...context, signal }, api, talk.model, asked);
    talk.messages = [...asked, { role: "assistant", content: answer }];
    return true;
  } catch (error) {
    context.note(signal.aborted ? "\n(stopped)" : `flywheel: ${(error as Error).message}`);
    return false;
  }
}

const HELP = [
  "/model [name]   ask another model; without a name, list them",
  "/clear          forget what was said",
  "/save [file]    write the conversation to a file, as JSON",
  "/exit           end (or Ctrl-D)",
].join("\n");

/** Gives whether the conversation is over. */
async function command(context: AppContext, api: PublicApi, talk: Conversation, typed: string): Promise<boolean> {
  const [name, ...rest] = typed.split(/\s+/);
  const argument = rest.join(" ");
  const { note } = context;
  try {
    if (name === "/exit" || name === "/quit") return true;
    if (name === "/clear") talk.messages = [...talk.beginning];
    else if (name === "/save") note(`saved in ${save(context, talk, argument)}`);
    else if (name === "/model" && argument) talk.model = argument;
    else if (name === "/model") note((await modelNames(api)).join("\n"));
    else note(name === "/help" ? HELP : `There is no ${name}.\n${HELP}`);
  } catch (error) {
    note(`flywheel: ${(error as Error).message}`);
  }
  return false;
}

/** A file that is there already is left alone: an error says so. */
function save({ place }: AppContext, { model, messages }: Conversation, name: string): string {
  const path = resolve(place.projectDir, name || `chat-${new Date().toISOString().replace(/[:.]/g, "-")}.json`);
  writeFileSync(path, `${JSON.stringify({ model, messages }, null, 2)}\n`, { flag: "wx" });
  return path;
}

/** Newest first, as readline has it; the file is oldest first. */
function readHistory(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).slice(-MOST_LINES).toReversed();
  } catch {
    return [];
  }
}

function keepHistory(file: string, lines: string[]): void {
  try {
    writeFileSync(
      file,
      lines
        .toReversed()
        .map((line) => `${line}\n`)
        .join(""),
      { mode: 0o600 },
    );
    chmodSync(file, 0o600);
  } catch {
    // Talking goes on without it.
  }
}
