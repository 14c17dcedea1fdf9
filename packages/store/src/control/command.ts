import type { Command, CreatedKey, KeyList, ListedKey } from "@flywheel/protocol";
import { secondsOf } from "../time-span.ts";

/** `flywheel keys …` */
export const keyCommands: Command[] = [
  {
    usage: "keys list",
    summary: "list the API keys of this data folder",
    examples: ["flywheel keys list", "flywheel keys list --json"],
    async run({ api, out, json }) {
      const { data } = await (await api()).get<KeyList>("/api/keys");
      for (const key of data) out(json ? JSON.stringify(key) : keyLine(key));
    },
  },
  {
    usage: "keys create <name>",
    summary: "make an API key and show it once",
    options: [
      { flags: "--environment <name>", description: "environment the key belongs to", default: "production" },
      { flags: "--models <names>", description: "the only models and routes it may call, such as local/*,fast" },
      { flags: "--expires <time>", description: "when it stops working, such as 12h or 30d" },
      { flags: "--admin", description: "may also use the control API" },
      { flags: "--publishable", description: "may only send events, so that it can stand in a web page" },
      { flags: "--origins <origins>", description: "the web pages that may use it, such as https://app.example.com" },
    ],
    examples: [
      "flywheel keys create backend",
      "flywheel keys create trial --models 'local/*,fast' --expires 30d",
      "flywheel keys create laptop --environment development --admin",
      "flywheel keys create web --publishable --origins https://app.example.com",
    ],
    async run(context, [name], { environment, models, origins, expires, admin, publishable }) {
      const key = await (
        await context.api()
      ).post<CreatedKey>("/api/keys", {
        name,
        environment,
        scopes: publishable ? ["events"] : admin ? ["inference", "admin"] : ["inference"],
        ...(origins !== undefined && { origins: namesOf(String(origins)) }),
        ...(models !== undefined && { models: namesOf(String(models)) }),
        ...(expires !== undefined && { expires: Date.now() + 1000 * secondsOf("--expires", String(expires)) }),
      });
      show(context, key);
    },
  },
  {
    usage: "keys rotate <id>",
    summary: "give a key a new secret and show it once",
    options: [{ flags: "--grace <time>", description: "how long the old secret still works", default: "1d" }],
    examples: ["flywheel keys rotate key_0199…", "flywheel keys rotate key_0199… --grace 0s"],
    async run(context, [id], { grace }) {
      const body = { grace_seconds: secondsOf("--grace", String(grace)) };
      const key = await (await context.api()).post<CreatedKey>(`/api/keys/${encodeURIComponent(id!)}/rotate`, body);
      show(context, key);
      const until = key.previous_expires ?? 0;
      if (!context.json && body.grace_seconds > 0) context.note(`The old one works until ${minute(until)}.`);
    },
  },
  {
    usage: "keys revoke <id>",
    summary: "revoke a key at once",
    examples: ["flywheel keys revoke key_0199…"],
    async run({ api, out, json }, [id]) {
      const key = await (await api()).delete<ListedKey>(`/api/keys/${encodeURIComponent(id!)}`);
      out(json ? JSON.stringify(key) : `revoked ${key.id} (${key.name})`);
    },
  },
];

function show({ out, note, json }: Parameters<Command["run"]>[0], key: CreatedKey): void {
  out(json ? JSON.stringify(key) : key.secret);
  if (!json) note("Keep it now: it is stored only as a hash and cannot be shown again.");
}

function keyLine(key: ListedKey): string {
  const models = key.models.length > 0 ? `[${key.models.join(", ")}]` : "";
  return [
    key.id,
    `${key.prefix}…`.padEnd(18),
    key.environment.padEnd(12),
    key.scopes.join("+").padEnd(15),
    stateOf(key, Date.now()),
    key.name,
    models,
  ]
    .join("  ")
    .trimEnd();
}

function stateOf({ revoked, expires }: ListedKey, now: number): string {
  if (revoked !== null) return `revoked ${day(revoked)}`;
  if (expires === null) return "live";
  return `${expires <= now ? "expired" : "until"} ${day(expires)}`;
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const namesOf = (text: string) =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
