import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Config, FlywheelError, type GenerationSummary, type ProcessStatus } from "@flywheel/protocol";
import { loadConfig, watchConfig } from "@flywheel/project";
import { openControlStore } from "@flywheel/store/control";
import { keepRunning } from "./children.ts";
import { type DataFolder, devKey, openDataFolder, removeRunFile, studioToken, writeRunFile } from "./data-folder.ts";
import { readEnvironment } from "./environment.ts";
import { everyChild, gatewaySpec, logstoreSpec, loopback, type Run, serverSpec, tellAll } from "./fleet.ts";
import { withSpark } from "./local-models.ts";
import { lockFolder, waitForOrphans } from "./lock.ts";
import type { Mode } from "./messages.ts";

export interface SupervisorOptions {
  mode: Mode;
  /** Folder with `flywheel.config.ts` and `.env`, if any. */
  projectDir: string;
  dataDir: string;
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Gateway workers; 0 = only the control API and the log store, for a command of its own. */
  workers: number;
  /** Host names besides localhost that may be asked for. */
  allowHosts: string[];
  onGenerations?(generations: GenerationSummary[]): void;
  /** A line for a person: a restart, a reload, an alarm. */
  onNote?(line: string): void;
  /** The installation cannot go on: port taken, data damaged. */
  onFailed?(message: string): void;
}

export interface Supervisor {
  /** With `/v1`; "" where no gateway runs. */
  baseUrl: string;
  controlUrl: string;
  studioUrl: string;
  /** The dev key in `dev`, otherwise undefined. */
  key: string | undefined;
  config: Config;
  /** Drain and stop everything. */
  stop(): Promise<void>;
}

const ORPHAN_WAIT_MS = 10_000;
const ROLL_CALL_MS = 2000;
const STOP_MS = { gateway: 15_000, server: 10_000, logstore: 5000, local: 2000 };

/**
 * Start every process of an installation and keep them running. Ready = the gateway answers; the log store may still be
 * opening. Throws `conflict` where another supervisor has the data folder or the port is taken, and whatever the
 * configuration or the data folder is refused with.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const folder = openDataFolder(options.dataDir);
  const lock = takeFolder(folder);
  const key = await prepareKeys(folder, options.mode);
  const config = withSpark(await loadConfig(options.projectDir));
  const { run, ready } = newRun(options, folder, config);

  run.children.logstore = keepRunning(logstoreSpec(run));
  run.children.server = keepRunning(serverSpec(run));
  const rollCall = setInterval(() => tellAll(run, { type: "processes", processes: processesOf(run) }), ROLL_CALL_MS);
  const stopWatching = watchConfig(options.projectDir, (result) => reload(run, result));

  async function stop(): Promise<void> {
    run.stopping = true;
    stopWatching();
    clearInterval(rollCall);
    const { workers, server, logstore, local } = run.children;
    await Promise.all(workers.map((worker) => worker.stop(STOP_MS.gateway)));
    await server?.stop(STOP_MS.server);
    await Promise.all([logstore?.stop(STOP_MS.logstore), local?.stop(STOP_MS.local)]);
    removeRunFile(folder);
    lock.close();
  }

  try {
    await ready.server;
    for (let n = 1; n <= options.workers; n++) run.children.workers.push(keepRunning(gatewaySpec(run, `gateway${n}`)));
    await (options.workers > 0 ? ready.gateway : ready.logstore);
  } catch (error) {
    await stop();
    throw error;
  }
  const controlUrl = loopback(run.ports.server);
  const origin = options.workers > 0 ? `http://${publicName(options.host)}:${run.ports.gateway}` : "";
  const baseUrl = origin && `${origin}/v1`;
  writeRunFile(folder, { pid: process.pid, control_url: controlUrl, base_url: baseUrl, started: run.started });
  return { baseUrl, controlUrl, studioUrl: `${origin || controlUrl}/studio?token=${run.token}`, key, config, stop };
}

function takeFolder(folder: DataFolder): { close(): void } {
  const lock = lockFolder(folder.path);
  if (!lock) throw new FlywheelError("conflict", { reason: `Another flywheel runs on ${folder.path}. Stop it, or use --data <folder>.` });
  if (waitForOrphans(folder.path, ORPHAN_WAIT_MS)) return lock;
  throw new FlywheelError("conflict", { reason: `A process of an earlier run still works on ${folder.path}. Try again in a moment.` });
}

/** The dev key is an ordinary key that happens to be kept in a file. */
async function prepareKeys(folder: DataFolder, mode: Mode): Promise<string | undefined> {
  const control = await openControlStore(folder.control);
  const key = mode === "dev" ? devKey(folder) : undefined;
  if (key) await control.ensureKey(key, { name: "dev", environment: "development", scopes: ["inference", "admin"] });
  await control.close();
  return key;
}

type Ready = Record<"gateway" | "server" | "logstore", Promise<void>>;

function newRun(options: SupervisorOptions, folder: DataFolder, config: Config): { run: Run; ready: Ready } {
  const started = Date.now();
  const waiting = { gateway: future(), server: future(), logstore: future(), local: future() };
  const run: Run = {
    folder,
    mode: options.mode,
    host: options.host,
    allowHosts: options.allowHosts,
    env: readEnvironment(options.projectDir),
    token: studioToken(folder),
    secret: randomBytes(24).toString("base64url"),
    boot: started.toString(36) + randomBytes(3).toString("hex"),
    started,
    config,
    configError: "",
    ports: { gateway: options.port, server: 0, logstore: 0, local: 0 },
    deadWriters: [],
    children: { workers: [] },
    stopping: false,
    note: options.onNote ?? (() => {}),
    fail(message) {
      const error = new FlywheelError("conflict", { reason: message });
      for (const { reject } of Object.values(waiting)) reject(error);
      options.onFailed?.(message);
    },
    onGenerations: options.onGenerations ?? (() => {}),
    onReady: (name) => waiting[name].resolve(),
  };
  return { run, ready: { gateway: waiting.gateway.promise, server: waiting.server.promise, logstore: waiting.logstore.promise } };
}

function future(): PromiseWithResolvers<void> {
  const made = Promise.withResolvers<void>();
  made.promise.catch(() => {}); // Not everything that can fail is waited for.
  return made;
}

/** A good edit becomes the snapshot of every process; a bad one is told and the last good one stays. */
function reload(run: Run, result: { config: Config } | { error: Error }): void {
  if ("error" in result) {
    run.configError = result.error.message;
    run.note(`configuration not loaded, the last good one stays: ${run.configError}`);
  } else {
    run.config = withSpark(result.config);
    run.configError = "";
    run.note("configuration reloaded");
  }
  tellAll(run, { type: "config", config: run.config, error: run.configError });
}

function processesOf(run: Run): ProcessStatus[] {
  const children = everyChild(run).map(({ name, pid, restarts }) => ({ name, pid, restarts, rss_bytes: residentBytes(pid) }));
  return [{ name: "supervisor", pid: process.pid, restarts: 0, rss_bytes: process.memoryUsage.rss() }, ...children];
}

/** 0 where the platform does not tell (only Linux has /proc). */
function residentBytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const publicName = (host: string) => (["0.0.0.0", "::", "127.0.0.1", "::1"].includes(host) ? "localhost" : host);
