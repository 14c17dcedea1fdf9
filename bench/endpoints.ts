// A saved edit of a typed endpoint: how long until it answers, whether a request is lost, and what is held in memory.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { EndpointList } from "@flywheel/protocol";
import { type Beginning, firstSave } from "./endpoints/first-save.ts";
import { residentByEntry } from "./endpoints/resident.ts";
import { eventually, type Flywheel, startFlywheel, temporaryFolder } from "../tests/system/flywheel.ts";

const { values } = parseArgs({
  options: { edits: { type: "string", default: "100" }, fresh: { type: "string", default: "10" } },
});
const EDITS = Number(values.edits);
/** Servers that get a first save, of each kind. */
const FRESH = Number(values.fresh);
/** By then everything has been loaded that an edit needs. */
const WARM_EDITS = Math.min(10, EDITS - 1);
/** Clients that ask all the time. */
const CLIENTS = 2;
const PAUSE_MS = 5;
const LOST_MS = 10_000;

/** Two kinds of edit: what the prompt says, and what the answer's type is. */
type Kind = "prompt" | "type";

function sourceOf(version: number, typeVersion: number): string {
  return `import { defineEndpoint } from "flywheel";

export interface Versioned {
  prompt: number;
  /** It is the ${typeVersion}th. */
  type${typeVersion}: number;
}

export default defineEndpoint<{ message: string }, Versioned>({
  model: "echo/m",
  prompt: ({ message }) => \`prompt \${${version}}: \${message}\`,
});
`;
}

/** Says the version of the prompt that it gets, in the shape of the schema that it gets. */
function startEcho(): Promise<string> {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece as string;
    const { messages, response_format } = JSON.parse(text) as {
      messages: { content: string }[];
      response_format?: { json_schema: { schema: { properties: object } } };
    };
    const prompt = Number(/prompt (\d+):/.exec(messages.at(-1)!.content)![1]);
    const names = Object.keys(response_format?.json_schema.schema.properties ?? {});
    const content = JSON.stringify({ ...Object.fromEntries(names.map((name) => [name, 1])), prompt });
    response.setHeader("content-type", "application/json");
    const message = { role: "assistant", content, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
    const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 };
    response.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m", choices, usage }));
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      server.unref();
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    }),
  );
}

interface Seen {
  at: number;
  names: string[];
  prompt: number;
}

/** Clients that ask without an end, what they saw last, and what went wrong. */
function startClients(server: Flywheel) {
  const { origin, key } = server;
  const stop = new AbortController();
  let answered = 0;
  const failures: string[] = [];
  let onSeen: (seen: Seen) => void = () => {};

  async function ask(): Promise<void> {
    const response = await fetch(`${origin}/endpoints/versioned`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: '{"message":"hello"}',
    });
    const text = await response.text();
    if (response.status !== 200) return void failures.push(text);
    answered++;
    const value = JSON.parse(text) as unknown;
    const output = (typeof value === "string" ? JSON.parse(value) : value) as { prompt: number };
    onSeen({ at: performance.now(), names: Object.keys(output), prompt: output.prompt });
  }

  const loops = Array.from({ length: CLIENTS }, async () => {
    while (!stop.signal.aborted) {
      await ask().catch((error: unknown) => failures.push(String(error)));
      await sleep(PAUSE_MS);
    }
  });
  return {
    until: (matches: (seen: Seen) => boolean) =>
      new Promise<number>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`the edit is not served: ${failures[0] ?? server.notes()}`)),
          LOST_MS,
        );
        onSeen = (seen) => {
          if (!matches(seen)) return;
          clearTimeout(timer);
          resolve(seen.at);
        };
      }),
    async stop() {
      stop.abort();
      await Promise.all(loops);
      return { answered, failures };
    },
  };
}

function spread(numbers: number[]): { median: number; p95: number } {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (quantile: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * quantile) - 1)]!);
  return { median: at(0.5), p95: at(0.95) };
}

const projectDir = temporaryFolder("project");
const file = join(projectDir, "endpoints/versioned.ts");
mkdirSync(join(projectDir, "endpoints"));
writeFileSync(file, sourceOf(0, 0));
writeFileSync(
  join(projectDir, "flywheel.config.ts"),
  `export default { providers: { echo: { baseUrl: "${await startEcho()}" } } };\n`,
);

/** As editors save: a new file in the place of the old one. */
function save(source: string): number {
  writeFileSync(`${file}.tmp`, source);
  const began = performance.now();
  renameSync(`${file}.tmp`, file);
  return began;
}

const server = await startFlywheel({ projectDir });
await eventually(async () => {
  const { data } = await server.api<EndpointList>("/api/endpoints");
  return data[0];
}, "the first build");
const clients = startClients(server);
const took: Record<Kind, number[]> = { prompt: [], type: [] };
let version = 0;
let typeVersion = 0;
let warm: Record<string, number> = {};
for (let edit = 0; edit < EDITS; edit++) {
  const kind: Kind = edit % 2 === 0 ? "prompt" : "type";
  version++;
  if (kind === "type") typeVersion++;
  const began = save(sourceOf(version, typeVersion));
  const at = await clients.until(({ prompt, names }) => {
    return prompt === version && (names.length < 2 || names.includes(`type${typeVersion}`));
  });
  took[kind].push(at - began);
  await sleep(300 + Math.random() * 300);
  if (edit === WARM_EDITS) warm = residentByEntry(server.child.pid!);
}
// Those that served builds before the last one are let go by then.
await sleep(12_000);
const end = residentByEntry(server.child.pid!);
const { answered, failures } = await clients.stop();
await server.stop();

const fresh: Record<Beginning, number[]> = { empty: [], init: [] };
for (let run = 0; run < FRESH; run++)
  for (const beginning of ["empty", "init"] as const) fresh[beginning].push(await firstSave(beginning));

const machine = {
  cpu: cpus()[0]?.model ?? "",
  cores: availableParallelism(),
  node: process.version,
  load: loadavg()[0],
};
const result = {
  edits: EDITS,
  prompt_ms: spread(took.prompt),
  type_ms: spread(took.type),
  answered,
  lost: failures.length,
  ...(FRESH > 0 && { first_save_ms: { empty: spread(fresh.empty), init: spread(fresh.init) } }),
  resident_mb: { after: WARM_EDITS + 1, warm, end },
};
console.log(JSON.stringify({ machine, ...result }));
console.error(`from the saved edit to its first answer, in ms: prompt ${took.prompt.map(Math.round).join(" ")}`);
console.error(`type ${took.type.map(Math.round).join(" ")}`);
console.error(`${answered} requests answered meanwhile, ${failures.length} lost ${failures[0] ?? ""}`);
process.exitCode = failures.length > 0 ? 1 : 0;
