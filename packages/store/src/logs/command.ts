import {
  type Command,
  type CommandContext,
  FlywheelError,
  type GenerationDetail,
  type GenerationPage,
  type GenerationSummary,
} from "@flywheel/protocol";
import { attemptLines } from "./attempt-lines.ts";
import { generationLine } from "./generation-line.ts";
import { harmless } from "./terminal-text.ts";

const FILTERS = ["status", "model", "provider", "search"] as const;

/** `flywheel logs` */
export const logsCommand: Command = {
  usage: "logs [id]",
  summary: "list generations, follow them, or show one",
  options: [
    { flags: "-n, --limit <n>", description: "how many", default: "20" },
    { flags: "-f, --follow", description: "keep printing new ones" },
    { flags: "--status <status>", description: "ok, error, partial, client_aborted or interrupted" },
    { flags: "--model <model>", description: "asked for, or answering" },
    { flags: "--provider <provider>", description: "who answered" },
    { flags: "--shadows", description: "with what candidates were asked unseen" },
    { flags: "--search <words>", description: "words that all occur in the request or the answer" },
  ],
  examples: ["flywheel logs -n 5 --json", "flywheel logs -f --status error", "flywheel logs gen_0199…"],
  async run(context, [id], options) {
    if (id) return show(context, id);
    const limit = Number(options["limit"]);
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 500)
      throw new FlywheelError("invalid_request", { reason: "--limit must be a whole number from 1 to 500." });
    const query = new URLSearchParams({ limit: String(options["follow"] ? Math.max(limit, FOLLOW_ROWS) : limit) });
    for (const name of FILTERS) if (typeof options[name] === "string") query.set(name, options[name]);
    if (options["shadows"] === true) query.set("shadows", "true");
    const api = await context.api();
    const { data } = await api.get<GenerationPage>(`/api/generations?${query}`);
    for (const generation of data.slice(0, limit).toReversed()) print(context, generation);
    if (data.length === 0) context.note("No generations yet. `flywheel dev` prints a curl command that makes one.");
    if (options["follow"]) await follow(context, query, new Set(data.map(({ id }) => id)));
  },
};

function print({ out, json, color }: CommandContext, generation: GenerationSummary): void {
  out(json ? JSON.stringify(generation) : generationLine(generation, color));
}

async function show({ api, out, json }: CommandContext, id: string): Promise<void> {
  const generation = await (await api()).get<GenerationDetail>(`/api/generations/${encodeURIComponent(id)}`);
  if (json) return out(JSON.stringify(generation));
  const {
    messages,
    output,
    request_body: _,
    response_body: __,
    input_text: ___,
    output_text: ____,
    attempt_list,
    ...facts
  } = generation;
  for (const [name, value] of Object.entries(facts))
    if (value !== "" && value !== null) out(`${name.padEnd(36)} ${printable(value)}`);
  for (const line of attemptLines(attempt_list)) out(line);
  for (const message of [...messages, ...(output ? [output] : [])])
    out(`\n${message.role}\n  ${harmless(message.text).replaceAll("\n", "\n  ")}`);
}

const printable = (value: string | number | boolean | object) =>
  typeof value === "object" ? JSON.stringify(value) : harmless(String(value));

const FOLLOW_MS = 500;
const FOLLOW_ROWS = 200;

/**
 * New rows as they come. A generation is listed where it began but stored when it ended, so a slow one can appear below
 * younger ones: what is printed is whatever was not printed before.
 */
async function follow(context: CommandContext, query: URLSearchParams, known: Set<string>): Promise<void> {
  const api = await context.api();
  while (!context.signal.aborted) {
    const { data } = await api.get<GenerationPage>(`/api/generations?${query}`);
    for (const generation of data.toReversed()) if (!known.has(generation.id)) print(context, generation);
    known = new Set([...data.map(({ id }) => id), ...[...known].slice(0, 2 * FOLLOW_ROWS)]);
    await pause(FOLLOW_MS, context.signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
