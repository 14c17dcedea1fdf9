import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GenerationTotals, ServerStatus } from "@flywheel/protocol";
import { COMMAND, eventually, quietEnvironment, startFlywheel } from "../../tests/system/flywheel.ts";
import { startPortkey } from "../peers/portkey.ts";
import { tree } from "./counters.ts";
import { type Native, startNative } from "./native.ts";

/** Cores: what is measured has one for itself, what measures the other. */
export const MEASURED = "0";
export const MEASURING = "1";

/** Something that answers chat completions on a port. */
export interface Target {
  name: string;
  port: number;
  headers: Record<string, string>;
  /** How the provider's model is asked for here. */
  model(name: string): string;
  /** The process on the hot path; 0 = none, for the provider itself. */
  worker: number;
  /** All processes of the product, where there are more. */
  tree?(): number[];
  /** Rows stored so far. */
  rows?(): Promise<number>;
  /** Stop and continue everything but the hot path. */
  hold?(): void;
  release?(): void;
  stop(): void | Promise<void>;
}

export async function startDirect(native: Native): Promise<Target> {
  const { child, port } = await startNative(MEASURING, native.mock, []);
  return { name: "direct", port, headers: {}, model: (name) => name, worker: 0, stop: () => void child.kill() };
}

export async function startFloor(native: Native, provider: number): Promise<Target> {
  const log = join(native.folder, "floor.log");
  const { child, port } = await startNative(MEASURED, native.floor, [String(provider), "fw_floor", log]);
  return {
    name: "C floor",
    port,
    headers: { authorization: "Bearer fw_floor" },
    model: (name) => `bench/${name}`,
    worker: child.pid!,
    release: () => void (existsSync(log) && writeFileSync(log, "")),
    stop: () => void child.kill(),
  };
}

/** As shipped: a key that is checked, usage, and the write-ahead log with whole bodies at the default durability. */
export async function startOurs(native: Native, provider: number): Promise<Target> {
  const [dataDir, projectDir] = [join(native.folder, "data"), join(native.folder, "project")];
  mkdirSync(projectDir);
  const bench = { baseUrl: `http://127.0.0.1:${provider}/v1`, apiKeyEnv: "BENCH_KEY" };
  writeFileSync(
    join(projectDir, "flywheel.config.ts"),
    `export default ${JSON.stringify({ providers: { bench } })};\n`,
  );
  const places = ["--data", dataDir, "--cwd", projectDir];
  const env = quietEnvironment({ BENCH_KEY: "provider-key" });
  const made = execFileSync(process.execPath, [COMMAND, "keys", "create", "bench", "--json", ...places], { env });
  const { secret } = JSON.parse(made.toString()) as { secret: string };
  const server = await startFlywheel({ command: "start", dataDir, projectDir, args: ["--workers", "1"], env: { BENCH_KEY: "provider-key" } }); // prettier-ignore
  const token = readFileSync(join(dataDir, "studio.token"), "utf8").trim();
  const api = async <T>(path: string): Promise<T> => {
    const answer = await fetch(server.origin + path, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const processes = await eventually(async () => {
    const { processes: list } = await api<ServerStatus>("/api/status");
    return list.some(({ name }) => name.startsWith("gateway")) ? list : undefined;
  }, "the gateway in the list of processes");
  const pidOf = (name: string): number => processes.find((each) => each.name.startsWith(name))!.pid;
  const worker = pidOf("gateway");
  execFileSync("taskset", ["-acp", MEASURED, String(worker)], { stdio: "ignore" });
  return {
    name: "flywheel",
    port: Number(new URL(server.origin).port),
    headers: { authorization: `Bearer ${secret}` },
    model: (name) => `bench/${name}`,
    worker,
    tree: () => tree(server.child.pid!),
    rows: async () => (await api<GenerationTotals>("/api/totals")).generations,
    hold: () => void process.kill(pidOf("server"), "SIGSTOP"),
    release: () => void process.kill(pidOf("server"), "SIGCONT"),
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** In the set-up that its documents recommend: headers say where to, nothing is logged. */
export async function startPeer(provider: number): Promise<Target | undefined> {
  const peer = await startPortkey();
  if (!peer) return undefined;
  execFileSync("taskset", ["-acp", MEASURED, String(peer.pid)], { stdio: "ignore" });
  return {
    name: peer.name.replace("@portkey-ai/gateway", "Portkey"),
    port: Number(new URL(peer.origin).port),
    headers: {
      authorization: "Bearer provider-key",
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${provider}/v1`,
    },
    model: (name) => name,
    worker: peer.pid,
    stop: () => peer.stop(),
  };
}

/** Wait until every request has its row; gives how many there are. */
export async function drained(target: Target, wanted: number): Promise<number> {
  let rows = 0;
  for (let waited = 0; waited < 600; waited++) {
    rows = await target.rows!().catch(() => rows);
    if (rows >= wanted) break;
    await sleep(250);
  }
  return rows;
}
