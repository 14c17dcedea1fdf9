import { setTimeout as sleep } from "node:timers/promises";
import { type Command, type CommandContext, type EventPage, type EventRow, FlywheelError } from "@flywheel/protocol";
import { harmless } from "./terminal-text.ts";

const FILTERS = ["generation", "name", "user", "signal"] as const;
const FOLLOW_MS = 500;

/** `flywheel events` */
export const eventsCommand: Command = {
  usage: "events",
  summary: "list what users did with the answers, or follow it",
  options: [
    { flags: "-n, --limit <n>", description: "how many", default: "20" },
    { flags: "-f, --follow", description: "keep printing new ones" },
    { flags: "--generation <id>", description: "of this generation" },
    { flags: "--name <name>", description: "thumbs, edited, …" },
    { flags: "--user <user>", description: "of this end user" },
    { flags: "--signal <type>", description: "that mean a reward, label, demonstration or preference" },
  ],
  examples: [
    "flywheel events -n 5 --json",
    "flywheel events -f --signal demonstration",
    "flywheel events --name thumbs",
  ],
  async run(context, _, options) {
    const limit = Number(options["limit"]);
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 500)
      throw new FlywheelError("invalid_request", { reason: "--limit must be a whole number from 1 to 500." });
    const query = new URLSearchParams({ limit: String(limit) });
    for (const name of FILTERS) if (typeof options[name] === "string") query.set(name, options[name]);
    const { data } = await (await context.api()).get<EventPage>(`/api/events?${query}`);
    for (const event of data.toReversed()) print(context, event);
    if (data.length === 0)
      context.note("No events yet. The client is `@flywheel/events`; `POST /events` takes them from anywhere.");
    if (options["follow"]) await follow(context, query, data[0]?.id);
  },
};

/** Events are listed in the order in which they were received, so what is new comes after what was printed. */
async function follow(context: CommandContext, query: URLSearchParams, last: string | undefined): Promise<void> {
  const api = await context.api();
  let after = last;
  while (!context.signal.aborted) {
    await sleep(FOLLOW_MS, undefined, { signal: context.signal }).catch(() => {});
    if (after !== undefined) query.set("after", after);
    const { data } = await api.get<EventPage>(`/api/events?${query}`);
    // Before the first one there is no place to go on from, and the newest comes first.
    const fresh = after === undefined ? data.toReversed() : data;
    for (const event of fresh) print(context, event);
    after = fresh.at(-1)?.id ?? after;
  }
}

function print({ out, json }: CommandContext, event: EventRow): void {
  out(json ? JSON.stringify(event) : eventLine(event));
}

const MOST_PAYLOAD = 80;

function eventLine({ received, name, generation_id, user_id, payload, signals }: EventRow): string {
  const time = new Date(received).toISOString().slice(11, 19);
  const meaning = signals.map(({ type }) => type).join("+") || "–";
  const text = payload.length > MOST_PAYLOAD ? `${payload.slice(0, MOST_PAYLOAD - 1)}…` : payload;
  return [time, name.padEnd(14), meaning.padEnd(14), generation_id, harmless(user_id || "–"), harmless(text)].join(
    "  ",
  );
}
