import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { loadConfig, watchConfig } from "@flywheel/project";
import {
  type Config,
  DEFAULT_CONFIG,
  FlywheelError,
  type GenerationSummary,
  type ProcessStatus,
} from "@flywheel/protocol";
import { keepRunning } from "./children.ts";
import { type DataFolder, devKey, openDataFolder, removeRunFile, studioToken, writeRunFile } from "./data-folder.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import {
  everyChild,
  gatewaySpec,
  logstoreSpec,
  loopback,
  type Run,
  serverSpec,
  tellAll,
  watchLogStore,
} from "./fleet.ts";
import { withSpark } from "./local-models.ts";
import { watchTuned, withTuned } from "./tuned-models.ts";
import { lockFolder, waitForOrphans } from "./lock.ts";
import type { Mode } from "./messages.ts";
import { freePort } from "./port.ts";
import { followProject, limitsOf } from "./project-code.ts";

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
  /** The process environment over `.env.local` over `.env`. */
  env: Environment;
  /** Drain and stop everything. */
  stop(): Promise<void>;
}

const ORPHAN_WAIT_MS = 10_000;
const ROLL_CALL_MS = 2000;
/** A gateway lets calls under way finish for 30 s before it ends them itself. */
const STOP_MS = { gateway: 35_000, server: 10_000, logstore: 5000, local: 2000 };

/**
 * Start every process of an installation and keep them running. Ready = the gateway answers; the log store may still be
 * opening. Throws `conflict` where another supervisor has the data folder or the port is taken, `data_folder` where the
 * folder cannot be used, and `config_invalid`.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const folder = openDataFolder(options.dataDir);
  using lock = new DisposableStack();
  lock.adopt(takeFolder(folder), (taken) => taken.close());
  const port = options.workers > 0 ? await freePort(options.host, options.port) : 0;
  const supervisor = await start(newRun(options, folder, port), options);
  const held = lock.move();
  return { ...supervisor, stop: () => supervisor.stop().finally(() => held.dispose()) };
}

async function start(run: Run, options: SupervisorOptions): Promise<Supervisor> {
  const { children, ready, folder } = run;
  // They load their code while the configuration is read; the first message waits for what it needs.
  children.server = keepRunning(serverSpec(run));
  for (let n = 1; n <= run.workers; n++) children.workers.push(keepRunning(gatewaySpec(run, `gateway${n}`)));
  children.logstore = keepRunning(logstoreSpec(run));
  const rollCall = setInterval(() => tellAll(run, { type: "processes", processes: processesOf(run) }), ROLL_CALL_MS);
  const stopWatchdog = watchLogStore(run);
  let stopWatching = () => {};

  async function stop(): Promise<void> {
    run.stopping = true;
    stopWatching();
    stopWatchdog();
    clearInterval(rollCall);
    await Promise.all(children.workers.map((worker) => worker.stop(STOP_MS.gateway)));
    run.project?.close();
    await children.server?.stop(STOP_MS.server);
    await Promise.all([children.logstore?.stop(STOP_MS.logstore), children.local?.stop(STOP_MS.local)]);
    removeRunFile(folder);
  }

  try {
    run.written = await loadConfig(options.projectDir);
    run.config = withLocal(run);
    if (run.workers > 0) run.project = followProject(run);
    ready.config.resolve();
    await (run.workers > 0 ? ready.gateway : ready.server).promise;
    const stopConfig = watchConfig(options.projectDir, (result) => reload(run, result));
    const stopTuned = watchTuned(folder.path, () => {
      run.config = withLocal(run);
      tellAll(run, { type: "config", config: run.config, error: run.configError });
    });
    stopWatching = () => {
      stopConfig();
      stopTuned();
    };
  } catch (error) {
    await stop();
    throw error;
  }
  const controlUrl = loopback(run.ports.server);
  const origin = run.workers > 0 ? `http://${publicName(options.host)}:${run.ports.gateway}` : "";
  const baseUrl = origin && `${origin}/v1`;
  writeRunFile(folder, { pid: process.pid, control_url: controlUrl, base_url: baseUrl, started: run.started });
  return {
    baseUrl,
    controlUrl,
    studioUrl: `${origin || controlUrl}/studio?token=${run.token}`,
    key: run.mode === "dev" ? devKey(folder) : undefined,
    config: run.config,
    env: run.env,
    stop,
  };
}

function takeFolder(folder: DataFolder): { close(): void } {
  const lock = lockFolder(folder.path);
  if (!lock) throw conflict(`Another flywheel runs on ${folder.path}. Stop it, or use --data <folder>.`);
  if (!waitForOrphans(folder.path, ORPHAN_WAIT_MS)) {
    lock.close();
    throw conflict(`A process of an earlier run still works on ${folder.path}. Try again in a moment.`);
  }
  removeRunFile(folder);
  return lock;
}

const conflict = (reason: string) => new FlywheelError("conflict", { reason });

function newRun(options: SupervisorOptions, folder: DataFolder, port: number): Run {
  const started = Date.now();
  const ready = { config: future(), gateway: future(), server: future(), logstore: future() };
  return {
    folder,
    projectDir: options.projectDir,
    mode: options.mode,
    workers: options.workers,
    host: options.host,
    allowHosts: options.allowHosts,
    env: readEnvironment(options.projectDir),
    token: studioToken(folder),
    secret: randomBytes(24).toString("base64url"),
    boot: started.toString(36) + randomBytes(3).toString("hex"),
    started,
    config: DEFAULT_CONFIG,
    written: DEFAULT_CONFIG,
    configError: "",
    ports: { gateway: port, server: 0, logstore: 0, local: 0 },
    deadWriters: [],
    children: { workers: [] },
    project: undefined,
    stopping: false,
    ready,
    note: options.onNote ?? (() => {}),
    fail(message) {
      for (const { reject } of Object.values(ready)) reject(conflict(message));
      options.onFailed?.(message);
    },
    onGenerations: options.onGenerations ?? (() => {}),
  };
}

function future(): PromiseWithResolvers<void> {
  const made = Promise.withResolvers<void>();
  made.promise.catch(() => {}); // Not everything that can fail is waited for.
  return made;
}

/** The configuration as it is written, with the models that this installation has besides. */
const withLocal = ({ written, folder }: Run): Config => withSpark(withTuned(written, folder.path));

/** A good edit becomes the snapshot of every process; a bad one is told and the last good one stays. */
function reload(run: Run, result: { config: Config } | { error: Error }): void {
  if ("error" in result) {
    run.configError = result.error.message;
    run.note(`configuration not loaded, the last good one stays: ${run.configError}`);
  } else {
    run.written = result.config;
    run.config = withLocal(run);
    run.configError = "";
    run.note("configuration reloaded");
    run.project?.configure(limitsOf(run));
  }
  tellAll(run, { type: "config", config: run.config, error: run.configError });
}

function processesOf(run: Run): ProcessStatus[] {
  const running = run.project?.pid ? [{ name: "runner", pid: run.project.pid, restarts: 0 }] : [];
  const children = [...everyChild(run), ...running].map(({ name, pid, restarts }) => ({
    name,
    pid,
    restarts,
    rss_bytes: residentBytes(pid),
  }));
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
