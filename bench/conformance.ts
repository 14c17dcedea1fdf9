// Recorded answers of real providers, read behind our gateway and behind Portkey's: npm run bench -- conformance [--write]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CLIENTS } from "../packages/gateway/src/conformance/reading.ts";
import type { ClientDialect, Dialect } from "../packages/gateway/src/conformance/reading.ts";
import { CHECKS } from "../packages/gateway/src/conformance/replay.ts";
import type { Replay } from "../packages/gateway/src/conformance/replay.ts";
import { HEAD, providerRows, reasons } from "../packages/gateway/src/conformance/report.ts";
import { run } from "../packages/gateway/src/conformance/run.ts";
import type { Result, RunOptions } from "../packages/gateway/src/conformance/run.ts";
import { listen } from "../tests/recordings/listen.ts";
import type { Heard } from "../tests/recordings/listen.ts";
import { openaiSchema } from "../tests/recordings/openai-schema.ts";
import { sharedData } from "../tests/recordings/shared-data.ts";
import { startPortkey } from "./peers/portkey.ts";

const PAGE = new URL("../docs/reference/conformance.md", import.meta.url);

/** What Portkey's gateway translates, and what it hands through. */
const PORTKEY_SPEAKS: Readonly<Record<ClientDialect, readonly Dialect[]>> = {
  "openai-chat": ["openai-chat", "anthropic-messages", "gemini"],
  "openai-responses": ["openai-responses"],
  "anthropic-messages": ["anthropic-messages"],
};

const HEADING = [
  "# Conformance",
  "",
  "<!-- Written by `npm run bench -- conformance --write`. -->",
  "",
  "Recorded answers of real providers, replayed through a gateway to clients of every dialect, and what those read compared",
  "with what the vendor's own SDK reads in the recording itself. [The guide](../guide/conformance.md) says what is compared",
  "and how to run it against any gateway. A recording counts as right in a column only if all its readers are.",
  "",
];

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const folder = sharedData("provider-recordings");
const schema = openaiSchema();

if (folder === undefined || schema === undefined) {
  console.error("The folders provider-recordings and api-specs of shared/data are not beside this clone.");
  process.exitCode = 2;
} else {
  const base: RunOptions = { folder, clients: CLIENTS, signal: new AbortController().signal };
  const { heard, fetch } = listen(schema);
  const ours = await run({ ...base, fetch });
  const page = [
    ...HEADING,
    ...providerTable(ours),
    ...validity(heard),
    ...(await besidePortkey(base, ours)),
    ...skippedTable(ours),
  ];
  const text = `${page.join("\n")}\n`;
  if (values.write) writeFileSync(PAGE, text);
  else process.stdout.write(text);
}

function providerTable(ours: Result): string[] {
  const right = ours.outcomes.filter((outcome) => outcome.right).length;
  const unreadable = ours.outcomes.filter((outcome) => outcome.unreadable).length;
  return [
    `${ours.outcomes.length + ours.skipped.length} recordings: ${right} right, ${ours.outcomes.length - right} wrong, ` +
      `${ours.skipped.length} skipped, being in a dialect that is not ours or failed calls ` +
      `(\`npm run -s flywheel -- conformance --verbose\` names each with its reason).`,
    "",
    ...table(HEAD, providerRows(ours)),
    "",
    `${ours.twins.agree} of ${ours.twins.checked} streams say the same as the same content in one whole answer. ` +
      `On ${unreadable} recordings the vendor's own SDK raises an error when it reads them directly; behind the gateway it ` +
      `may do the same, and else has to read what the plain reader does. Each stream was also ended in the middle: ` +
      `${ours.cut.filter(({ told }) => told).length} of ${ours.cut.length} times the client's SDK raised an error.`,
    "",
  ];
}

function skippedTable({ skipped }: Result): string[] {
  const rows = reasons(skipped).map(([reason, count]) => [reason, String(count)]);
  return ["", "## Skipped", "", ...table(["reason", "recordings"], rows)];
}

function validity({ ours, passed }: Heard): string[] {
  const count = ({ valid, invalid }: Heard["ours"]): string[] => [String(valid), String(invalid.length)];
  return [
    "## Valid by OpenAI's published description",
    "",
    "Every answer, chunk, event and error in OpenAI's dialects that went to a client in this run.",
    "",
    ...table(
      ["", "valid", "invalid"],
      [
        ["written by us: translated answers and errors", ...count(ours)],
        ["the provider's own bytes, passed through as they are", ...count(passed)],
      ],
    ),
    "",
  ];
}

async function besidePortkey(base: RunOptions, ours: Result): Promise<string[]> {
  const peer = await startPortkey();
  if (!peer) return ["Portkey's gateway is not installed here: `npm ci --prefix bench/peers`."];
  const headers = { "x-portkey-provider": "{provider}", "x-portkey-custom-host": "{upstream}" };
  const against = { baseUrl: `${peer.origin}/v1`, headers, model: "{model}", key: "none" };
  const speaks = (client: ClientDialect, provider: Dialect): boolean => PORTKEY_SPEAKS[client].includes(provider);
  try {
    const theirs = await run({ ...base, against, speaks });
    return [
      `## Beside ${peer.name}`,
      "",
      `The same recordings, the same clients, the same readers, where it speaks the client's and the provider's dialect. ` +
        `Its headers: ${Object.entries(headers)
          .map(([name, value]) => `\`${name}: ${value}\``)
          .join(", ")}.`,
      "",
      ...pairTable({ Flywheel: ours, Portkey: theirs }),
      "",
      "*Told* counts streams that the provider ended after half of their events, as if they were complete: how often the",
      "client's SDK raised an error. Anthropic's does so by itself.",
      "",
      "What it got wrong, one example of each:",
      "",
      ...examples(theirs),
    ];
  } finally {
    peer.stop();
  }
}

/** One row for each pair of dialects, whole and streamed, and each gateway. */
function pairTable(results: Readonly<Record<string, Result>>): string[] {
  const pairs = CLIENTS.flatMap((client) => PORTKEY_SPEAKS[client].map((provider) => [client, provider] as const));
  const rows = pairs.flatMap(([client, provider]) =>
    [false, true].flatMap((stream) =>
      Object.entries(results).map(([gateway, result]) => [
        pairName(client, provider, stream),
        gateway,
        ...shares(replaysOf(result, client, provider, stream)),
        stream ? toldOf(result, client, provider) : "",
      ]),
    ),
  );
  return table(["client → provider", "gateway", ...CHECKS, "right", "told"], rows);
}

function toldOf({ cut }: Result, client: string, provider: string): string {
  const streams = cut.filter((stream) => stream.client === client && stream.provider === provider);
  return `${streams.filter(({ told }) => told).length}/${streams.length}`;
}

function pairName(client: string, provider: string, stream: boolean): string {
  return `${client} → ${provider}${stream ? ", streamed" : ""}`;
}

function shares(replays: readonly Replay[]): string[] {
  const of = (holds: (replay: Replay) => boolean): string => `${replays.filter(holds).length}/${replays.length}`;
  const checks = CHECKS.map((check) => of(({ wrong }) => !wrong.includes(check) && !wrong.includes("parsed")));
  return [...checks, of(({ wrong }) => wrong.length === 0)];
}

function replaysOf({ outcomes }: Result, by: string, provider: string, stream: boolean): Replay[] {
  return outcomes
    .filter(({ recording }) => recording.dialect === provider && recording.stream === stream)
    .flatMap(({ replays }) => replays.filter((replay) => replay.by === by));
}

/** The first of each kind: pair of dialects and what was wrong. */
function examples({ outcomes }: Result): string[] {
  const kinds = new Map<string, { count: number; first: string }>();
  for (const { recording, replays } of outcomes)
    for (const { by, wrong, why } of replays.filter(({ wrong }) => wrong.length > 0)) {
      const kind = `${pairName(by, recording.dialect, recording.stream)}: ${wrong.join(", ")}`;
      const known = kinds.get(kind);
      kinds.set(kind, { count: (known?.count ?? 0) + 1, first: known?.first ?? `${recording.name}: ${why}` });
    }
  const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\s+/g, " ").slice(0, 240);
  const rows = [...kinds].toSorted(([, a], [, b]) => b.count - a.count);
  return table(
    ["what", "times", "first"],
    rows.map(([kind, { count, first }]) => [kind, String(count), cell(first)]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)];
}
