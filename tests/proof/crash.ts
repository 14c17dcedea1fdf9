import assert from "node:assert/strict";
import { createHash, randomInt } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GenerationPage } from "@flywheel/protocol";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";

/** Every kind of process there is; the name in `/api/status` begins with it. */
const KINDS = ["gateway", "server", "logstore", "local", "supervisor"] as const;
type Kind = (typeof KINDS)[number];

export interface CrashOptions {
  kills: number;
  clients: number;
  seed: number;
  log(line: string): void;
}

export interface CrashReport {
  seed: number;
  kills: Record<Kind, number>;
  accepted: number;
  failed: number;
  interrupted: number;
  lost: number;
  duplicates: number;
  wrong_text: number;
  seconds: number;
}

/**
 * Kill every process in turn with SIGKILL while clients chat and stream, then hold the rows against the clients' own
 * ledger. A call counts as accepted when its client had the last byte: `[DONE]` of a stream, the whole body otherwise.
 */
export async function crash({ kills, clients, seed, log }: CrashOptions): Promise<CrashReport> {
  const started = performance.now();
  const random = mulberry32(seed);
  const upstream = await echoUpstream(random);
  const place = { dataDir: temporaryFolder("crash"), projectDir: temporaryFolder("crash-project") };
  writeFileSync(
    join(place.projectDir, "flywheel.config.ts"),
    `export default { providers: { echo: { baseUrl: "http://127.0.0.1:${upstream.port}/v1", models: ["echo"] } } };\n`,
  );
  let flywheel = await startFlywheel(place);
  const port = new URL(flywheel.origin).port;
  const ledger: Ledger = { accepted: new Map(), failed: 0 };
  const stop = new AbortController();
  const load = Array.from({ length: clients }, (_, client) => chatUntil(stop.signal, () => flywheel, client, ledger));

  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  for (let n = 0; n < kills; n++) {
    await sleep(300 + random() * 700);
    const kind = KINDS[n % KINDS.length]!;
    const before = ledger.accepted.size;
    const pid = await pidOf(flywheel, kind);
    process.kill(pid, "SIGKILL");
    counts[kind]++;
    if (kind === "supervisor") {
      flywheel.child.kill("SIGKILL");
      flywheel = await startFlywheel({ ...place, args: ["--port", port] });
    }
    await eventually(
      async () => (ledger.accepted.size > before + 2 ? true : undefined),
      `answers after killing ${kind}`,
      60_000,
    );
    log(
      `kill ${n + 1}/${kills}  ${kind.padEnd(10)} pid ${pid}  accepted so far ${ledger.accepted.size} (+${ledger.accepted.size - before})`,
    );
  }
  stop.abort();
  await Promise.all(load);
  upstream.close();

  const report = await compare(flywheel, ledger);
  await flywheel.stop();
  removeFolder(place.dataDir);
  removeFolder(place.projectDir);
  return {
    seed,
    kills: counts,
    accepted: ledger.accepted.size,
    failed: ledger.failed,
    ...report,
    seconds: Math.round((performance.now() - started) / 1000),
  };
}

interface Ledger {
  /** Generation id → SHA-256 of the text its client saw. */
  accepted: Map<string, string>;
  failed: number;
}

async function chatUntil(signal: AbortSignal, flywheel: () => Flywheel, client: number, ledger: Ledger): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    // One call in six goes to the real local model, so that killing its process hurts someone.
    const model = n % 6 === 5 ? "local/spark" : "echo/echo";
    const accepted = await chatOnce(
      flywheel(),
      model,
      n % 2 === 0,
      `client ${client} call ${n}: my card is lost`,
    ).catch(() => undefined);
    if (accepted) ledger.accepted.set(accepted.id, sha256(accepted.text));
    else {
      ledger.failed++;
      await sleep(50);
    }
  }
}

async function chatOnce(
  { baseUrl, key }: Flywheel,
  model: string,
  stream: boolean,
  content: string,
): Promise<{ id: string; text: string } | undefined> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, stream, max_tokens: 40, messages: [{ role: "user", content }] }),
    signal: AbortSignal.timeout(30_000),
  });
  const id = response.headers.get("flywheel-generation-id");
  if (!response.ok || !id) {
    await response.body?.cancel();
    return undefined;
  }
  if (!stream) {
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    return { id, text: body.choices[0]!.message.content };
  }
  // As an SDK does: the answer is whole once `[DONE]` is here, whatever becomes of the connection after it.
  let text = "";
  let rest = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data === "[DONE]") return { id, text };
      const chunk = JSON.parse(data) as { choices?: { delta: { content?: string } }[]; error?: unknown };
      if (chunk.error) return undefined;
      text += chunk.choices?.[0]?.delta.content ?? "";
    }
  }
  return undefined;
}

async function pidOf(flywheel: Flywheel, kind: Kind): Promise<number> {
  return eventually(
    async () => {
      const { processes } = await flywheel.status();
      const pid = processes.find(({ name }) => name.startsWith(kind))?.pid;
      return pid && isRunning(pid) ? pid : undefined;
    },
    `a running ${kind} process`,
    60_000,
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function compare(
  flywheel: Flywheel,
  ledger: Ledger,
): Promise<Pick<CrashReport, "lost" | "duplicates" | "wrong_text" | "interrupted">> {
  const seen = await eventually(
    async () => {
      const rows = await allRows(flywheel);
      const { pending } = await flywheel.status();
      return pending === 0 && [...ledger.accepted.keys()].every((id) => rows.has(id)) ? rows : undefined;
    },
    "every accepted generation to become a row",
    60_000,
  ).catch(() => allRows(flywheel));
  let wrong = 0;
  for (const [id, hash] of ledger.accepted) {
    if (!seen.has(id)) continue;
    const row = await flywheel.generation(id);
    if (sha256(row.output_text) !== hash || row.status !== "ok") wrong++;
  }
  const rows = [...seen.values()];
  return {
    lost: [...ledger.accepted.keys()].filter((id) => !seen.has(id)).length,
    duplicates: rows.filter(({ count }) => count > 1).length,
    wrong_text: wrong,
    interrupted: rows.filter(({ status }) => status === "interrupted").length,
  };
}

/** All rows by id, with how often each was listed. Paged by id, so a row stored twice is listed twice. */
async function allRows(flywheel: Flywheel): Promise<Map<string, { count: number; status: string }>> {
  const rows = new Map<string, { count: number; status: string }>();
  let before = "";
  for (;;) {
    const page = await flywheel.api<GenerationPage>(`/api/generations?limit=500${before && `&before=${before}`}`);
    for (const { id, status } of page.data) rows.set(id, { count: (rows.get(id)?.count ?? 0) + 1, status });
    if (!page.next) return rows;
    before = page.next;
  }
}

/** An OpenAI-compatible server that answers with a text of its own for every call, slowly enough to be interrupted. */
async function echoUpstream(random: () => number): Promise<{ port: number; close(): void }> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
    const { stream, messages } = JSON.parse(body) as { stream?: boolean; messages: { content: string }[] };
    const words =
      `Answer ${++calls} to "${messages[0]!.content}" · héllo 🎡 ${createHash("md5").update(String(calls)).digest("hex")}`.split(
        " ",
      );
    const base = { id: `chatcmpl-${calls}`, created: 1, model: "echo" };
    const usage = { prompt_tokens: 9, completion_tokens: words.length, total_tokens: 9 + words.length };
    if (!stream) {
      await sleep(20 + random() * 100);
      const message = { role: "assistant", content: words.join(" "), refusal: null };
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(
        JSON.stringify({
          ...base,
          object: "chat.completion",
          choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
          usage,
        }),
      );
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (choices: object[], extra = {}) =>
      response.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices, ...extra })}\n\n`);
    for (const [index, word] of words.entries()) {
      send([{ index: 0, delta: { content: index ? ` ${word}` : word }, finish_reason: null }]);
      await sleep(5 + random() * 30);
    }
    send([{ index: 0, delta: {}, finish_reason: "stop" }]);
    send([], { usage });
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A small seeded generator, so that a failing run can be run again. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function assertNothingLost(report: CrashReport): void {
  assert.deepEqual(
    { lost: report.lost, duplicates: report.duplicates, wrong_text: report.wrong_text },
    { lost: 0, duplicates: 0, wrong_text: 0 },
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "60" },
      clients: { type: "string", default: "8" },
      seed: { type: "string" },
    },
  });
  const report = await crash({
    kills: Number(values.kills),
    clients: Number(values.clients),
    seed: Number(values.seed ?? randomInt(2 ** 31)),
    log: (line) => console.error(line),
  });
  console.log(JSON.stringify(report));
  assertNothingLost(report);
}
