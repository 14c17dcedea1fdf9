import { Command as Program } from "commander";
import type { Command } from "@flywheel/protocol";
import { conformanceCommand } from "@flywheel/gateway/conformance";
import { eventsCommand, keyCommands, logsCommand, usageCommand } from "@flywheel/store/commands";
import { evalRunCommands } from "@flywheel/evals/commands";
import { promotionCommands } from "@flywheel/deploy/commands";
import { datasetCommands, jobCommands } from "@flywheel/tuning/commands";
import type { AppCommand, AppContext } from "./app-command.ts";
import { chatCommand } from "./chat.ts";
import { connect, type Connection } from "./connect.ts";
import { devCommand, startCommand } from "./dev.ts";
import { demoCommand } from "./demo/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { evalCommand } from "./eval.ts";
import { buildCommand } from "./project/build.ts";
import { followCommand } from "./follow.ts";
import { initCommand } from "./project/init.ts";
import { pydanticCommand } from "./project/pydantic.ts";
import { typesCommand } from "./project/types.ts";
import { replayCommand } from "./replay.ts";
import { loopCommand } from "./loop.ts";
import { promoteCommand } from "./promote.ts";
import { tuneCommand } from "./tune.ts";
import { seedCommand } from "./seed/command.ts";
import { type Place, placeOf } from "./place.ts";

/** Every command there is. Features declare theirs in their own package. */
export const COMMANDS: (Command | AppCommand)[] = [
  devCommand,
  startCommand,
  initCommand,
  buildCommand,
  typesCommand,
  pydanticCommand,
  chatCommand,
  replayCommand,
  logsCommand,
  usageCommand,
  eventsCommand,
  ...datasetCommands,
  tuneCommand,
  loopCommand,
  ...jobCommands,
  followCommand,
  promoteCommand,
  ...promotionCommands,
  ...keyCommands,
  evalCommand,
  ...evalRunCommands,
  demoCommand,
  seedCommand,
  doctorCommand,
  conformanceCommand,
];

export function buildProgram(): Program {
  const program = new Program("flywheel")
    .description("Typed LLM endpoints, a gateway, logs and the loop that makes the model better, on your own machine.")
    .version("0.1.0")
    .option("--json", "machine-readable results on stdout")
    .option("--cwd <project>", "the project's folder")
    .option("--data <folder>", "the data folder (default: .flywheel in the project)")
    .option("--port <port>", "public port of dev and start; 0 = any free one (default: 4400)")
    .showSuggestionAfterError()
    .exitOverride();
  for (const command of COMMANDS) attach(program, command);
  return program;
}

function attach(root: Program, command: Command | AppCommand): void {
  const words = command.usage.split(" ");
  const parents = words
    .slice(0, words.findIndex((word, index) => index > 0 && /^[<[]/.test(word)) >>> 0)
    .filter((word) => !/^[<[]/.test(word));
  const name = parents.pop()!;
  const parent = parents.reduce(
    (from, word) => from.commands.find((child) => child.name() === word) ?? from.command(word).exitOverride(),
    root,
  );
  const child = parent
    .command([name, ...words.filter((word) => /^[<[]/.test(word))].join(" "))
    .description(command.summary)
    .exitOverride();
  for (const option of command.options ?? []) child.option(option.flags, option.description, option.default);
  child.addHelpText("after", `\nExamples:\n${command.examples.map((example) => `  ${example}`).join("\n")}`);
  child.action(async (...args: unknown[]) => {
    const { json, ...place } = child.optsWithGlobals<{ json?: boolean; cwd?: string; data?: string; port?: string }>();
    const context = appContext(placeOf(place), json ?? false);
    const values = args.slice(0, child.registeredArguments.length) as (string | undefined)[];
    try {
      process.exitCode = (await command.run(context, values, child.opts())) ?? 0;
    } finally {
      await context.close();
    }
  });
}

function appContext(place: Place, json: boolean): AppContext & { close(): Promise<void> } {
  const interrupt = new AbortController();
  let connecting: Promise<Connection> | undefined;
  process.once("SIGINT", () => interrupt.abort());
  process.once("SIGTERM", () => interrupt.abort());
  // `flywheel logs | head` closes the pipe: that is an end, not a failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  return {
    place,
    json,
    api: async () => (await (connecting ??= connect(place))).client,
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    signal: interrupt.signal,
    color: process.stdout.isTTY && !process.env["NO_COLOR"],
    close: async () => (await connecting?.catch(() => undefined))?.close(),
  };
}
