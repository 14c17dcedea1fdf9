import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogStore, type LogStore } from "@flywheel/store/logs";
import { forkLogStore } from "../../packages/store/test/forked-log-store.ts";
import { eventually, type Flywheel, removeFolder, startFlywheel, temporaryFolder } from "../system/flywheel.ts";
import { echoUpstream } from "./echo-upstream.ts";

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
  /** Accepted without a row. */
  lost: number;
  /** Rows beyond the first of their id. */
  duplicates: number;
  /** Accepted, with a row that says something else than the client saw. */
  wrong_text: number;
  /** The client saw the head of an answer, and there is no row. */
  unrecorded: number;
  /** Calls the provider would bill that no attempt of any row explains. */
  unexplained: number;
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
  const ledger: Ledger = { accepted: new Map(), begun: new Set(), failed: 0, streaming: 0 };
  const stop = new AbortController();
  const load = Array.from({ length: clients }, (_, client) => chatUntil(stop.signal, () => flywheel, client, ledger));

  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  for (let n = 0; n < kills; n++) {
    await sleep(300 + random() * 700);
    const kind = KINDS[n % KINDS.length]!;
    const before = ledger.accepted.size;
    const pid = await pidOf(flywheel, kind);
    await eventually(async () => ledger.streaming > 0 || undefined, "a stream in flight");
    const { streaming } = ledger;
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
      `kill ${n + 1}/${kills}  ${kind.padEnd(10)} pid ${pid}  streams in flight ${streaming}  accepted ${ledger.accepted.size} (+${ledger.accepted.size - before})`,
    );
  }
  stop.abort();
  await Promise.all(load);
  upstream.close();

  // Draining stores whatever waits, so that what is read afterwards is all there will ever be.
  assert.equal(await flywheel.stop(), 0);
  const findings = await compare(place.dataDir, ledger, upstream.calls());
  removeFolder(place.dataDir);
  removeFolder(place.projectDir);
  return {
    seed,
    kills: counts,
    accepted: ledger.accepted.size,
    failed: ledger.failed,
    ...findings,
    seconds: Math.round((performance.now() - started) / 1000),
  };
}

interface Ledger {
  /** Generation id → SHA-256 of the text its client saw. */
  accepted: Map<string, string>;
  /** Every generation id a client was told. */
  begun: Set<string>;
  failed: number;
  /** Streams whose head has come and whose end has not. */
  streaming: number;
}

async function chatUntil(signal: AbortSignal, flywheel: () => Flywheel, client: number, ledger: Ledger): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    // One call in six goes to the real local model, so that killing its process hurts someone.
    const model = n % 6 === 5 ? "local/spark" : "echo/echo";
    const content = `client ${client} call ${n}: my card is lost`;
    const accepted = await chatOnce(flywheel(), ledger, model, n % 2 === 0, content).catch(() => undefined);
    if (accepted) ledger.accepted.set(accepted.id, sha256(accepted.text));
    else {
      ledger.failed++;
      await sleep(50);
    }
  }
}

async function chatOnce(
  { baseUrl, key }: Flywheel,
  ledger: Ledger,
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
  if (id) ledger.begun.add(id);
  if (!response.ok || !id) {
    await response.body?.cancel();
    return undefined;
  }
  if (!stream) {
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    return { id, text: body.choices[0]!.message.content };
  }
  ledger.streaming++;
  try {
    const text = await readStream(response.body!);
    return text === undefined ? undefined : { id, text };
  } finally {
    ledger.streaming--;
  }
}

/** As an SDK does: the answer is whole once `[DONE]` is here, whatever becomes of the connection after it. */
async function readStream(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  let text = "";
  let rest = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data === "[DONE]") return text;
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

type Findings = Pick<CrashReport, "lost" | "duplicates" | "wrong_text" | "interrupted" | "unrecorded" | "unexplained">;

/** Holds the ledger against the log store itself, once nothing else has it open. */
async function compare(dataDir: string, ledger: Ledger, billed: number): Promise<Findings> {
  const process = await forkLogStore(join(dataDir, "logs"));
  const logs = createLogStore({ url: process.url, password: process.secret });
  const seen = await allRows(logs);
  let wrong = 0;
  for (const [id, hash] of ledger.accepted) {
    const row = seen.has(id) ? await logs.get(id) : undefined;
    if (row && (sha256(row.output_text) !== hash || row.status !== "ok")) wrong++;
  }
  const { generations } = await logs.totals({});
  await logs.close();
  await process.stop();
  const rows = [...seen.values()];
  const explained = rows.filter(({ provider }) => provider === "echo").reduce((sum, { attempts }) => sum + attempts, 0);
  return {
    lost: [...ledger.accepted.keys()].filter((id) => !seen.has(id)).length,
    // Counted, since a second row of an id could hide behind the edge of a page.
    duplicates: generations - seen.size,
    wrong_text: wrong,
    interrupted: rows.filter(({ status }) => status === "interrupted").length,
    unrecorded: [...ledger.begun].filter((id) => !seen.has(id)).length,
    unexplained: Math.max(0, billed - explained),
  };
}

interface SeenRow {
  status: string;
  provider: string;
  attempts: number;
}

async function allRows(logs: LogStore): Promise<Map<string, SeenRow>> {
  const rows = new Map<string, SeenRow>();
  let before: string | undefined;
  do {
    const page = await logs.list({ limit: 500, before });
    for (const { id, status, provider_name: provider, attempts } of page.data)
      rows.set(id, { status, provider, attempts });
    before = page.next;
  } while (before);
  return rows;
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

export function assertNothingLost({ lost, duplicates, wrong_text, unrecorded, unexplained }: CrashReport): void {
  const found = { lost, duplicates, wrong_text, unrecorded, unexplained };
  assert.deepEqual(found, { lost: 0, duplicates: 0, wrong_text: 0, unrecorded: 0, unexplained: 0 });
}
