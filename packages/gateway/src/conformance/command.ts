import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FlywheelError } from "@flywheel/protocol";
import type { Command, CommandContext } from "@flywheel/protocol";
import { CLIENTS } from "./reading.ts";
import type { ClientDialect } from "./reading.ts";

/** Recorded answers of real providers are nobody's to bundle; where the folder lies beside the clone it is found. */
const RECORDINGS = fileURLToPath(new URL("../../../../../shared/data/provider-recordings", import.meta.url));
/** Written by hand, so that the command can be tried anywhere. */
const SAMPLE = fileURLToPath(new URL("./sample", import.meta.url));

/** `flywheel conformance`: do recorded answers say the same behind a gateway as they do directly? */
export const conformanceCommand: Command = {
  usage: "conformance",
  summary: "replay recorded answers of real providers through a gateway and compare what clients read",
  options: [
    { flags: "--recordings <folder>", description: "the recordings (docs/guide/conformance.md says in which form)" },
    {
      flags: "--against <base-url>",
      description: "another gateway, with /v1, instead of one of ours started for this",
    },
    {
      flags: "--header <header...>",
      description: "sent to that gateway, as `name: value`; {upstream}, {provider}, {dialect}, {model} are filled in",
    },
    { flags: "--model <name>", description: "how that gateway is asked for a model", default: "{model}" },
    { flags: "--key <key>", description: "the API key shown to that gateway", default: "none" },
    { flags: "--client <dialects>", description: "only clients of these dialects, separated by commas" },
    { flags: "--verbose", description: "a line for everything skipped or wrong" },
  ],
  examples: [
    "flywheel conformance",
    "flywheel conformance --recordings ./recordings --verbose",
    'flywheel conformance --against http://127.0.0.1:8787/v1 --client openai-chat --header "x-portkey-provider: {provider}" "x-portkey-custom-host: {upstream}"',
  ],
  async run(context, _args, options) {
    const { recordings, against, header = [], model, key, client, verbose = false } = options as unknown as Options;
    const { run } = await import("./run.ts"); // the SDKs take their time to load
    const { printResult } = await import("./report.ts");
    const folder = folderOf(recordings, context);
    const result = await run({
      folder,
      clients: clientsOf(client),
      signal: context.signal,
      note: (line) => context.note(line),
      ...(against !== undefined && {
        against: { baseUrl: baseUrlOf(against), headers: headersOf(header), model, key },
      }),
    });
    if (result.outcomes.length + result.skipped.length === 0)
      throw wrong(`There are no recordings in ${folder}: neither *.jsonl nor <set>/<provider>/*.json.`);
    if (context.signal.aborted) return 1;
    printResult(result, context, verbose);
    return result.outcomes.every(({ right }) => right) ? 0 : 1;
  },
};

interface Options {
  recordings?: string;
  against?: string;
  header?: string[];
  model: string;
  key: string;
  client?: string;
  verbose?: boolean;
}

function folderOf(asked: string | undefined, context: CommandContext): string {
  if (asked !== undefined) {
    if (existsSync(asked)) return asked;
    throw wrong(`There is no folder ${asked}.`);
  }
  if (existsSync(RECORDINGS)) return RECORDINGS;
  context.note(
    "No recordings lie beside this clone: these few were written by hand. --recordings <folder> takes real ones.",
  );
  return SAMPLE;
}

function baseUrlOf(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, "");
  throw wrong(`--against ${text} is not an http(s) address.`);
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
      if (name === undefined) throw wrong(`--header ${line} is not "name: value".`);
      return [name.toLowerCase(), value!];
    }),
  );
}

function clientsOf(list: string | undefined): readonly ClientDialect[] {
  const asked = list?.split(",") ?? CLIENTS;
  const unknown = asked.find((name) => !(CLIENTS as readonly string[]).includes(name));
  if (unknown !== undefined) throw wrong(`--client ${unknown} is none of ${CLIENTS.join(", ")}.`);
  return asked as ClientDialect[];
}

const wrong = (reason: string): FlywheelError => new FlywheelError("invalid_request", { reason });
