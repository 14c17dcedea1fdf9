import { fork } from "node:child_process";
import cluster from "node:cluster";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Alarm, type Config, FlywheelError, type GenerationSummary, type ProcessStatus } from "@flywheel/protocol";
import { loadConfig, watchConfig } from "@flywheel/project";
import { openControlStore } from "@flywheel/store/control";
import { type Child, keepRunning } from "./children.ts";
import { type DataFolder, devKey, openDataFolder, removeRunFile, studioToken, writeRunFile } from "./data-folder.ts";
import { readEnvironment } from "./environment.ts";
import { withSpark } from "./local-models.ts";
import { lockFolder, waitForOrphans } from "./lock.ts";
import type { FromChild, GatewayInit, LocalInit, LogStoreInit, Mode, ServerInit, ToChild } from "./messages.ts";

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
  folder: DataFolder;
  config: Config;
  processes(): ProcessStatus[];
  /** Drain and stop everything. */
  stop(): Promise<void>;
}

const ORPHAN_WAIT_MS = 10_000;
const STOP_MS = { gateway: 15_000, server: 10_000, logstore: 5000, local: 2000 };
const entry = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/**
 * Start every process of an installation and keep them running.
 * Throws `conflict` where another supervisor has the data folder, and whatever the configuration or the data folder is
 * refused with.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const folder = openDataFolder(options.dataDir);
  const lock = lockFolder(folder.path);
  if (!lock) throw new FlywheelError("conflict", { reason: `Another flywheel is running on ${folder.path}. Stop it, or use --data <folder>.` });
  if (!waitForOrphans(folder.path, ORPHAN_WAIT_MS))
    throw new FlywheelError("conflict", { reason: `A process of an earlier run still works on ${folder.path}. Try again in a moment.` });

  const started = Date.now();
  const env = { ...readEnvironment(options.projectDir), FLYWHEEL_CHILD: "1" };
  const token = studioToken(folder);
  const key = await prepareKeys(folder, options.mode);
  const boot = started.toString(36) + randomBytes(3).toString("hex");
  const secret = randomBytes(24).toString("base64url");
  const note = options.onNote ?? (() => {});

  let config = withSpark(await loadConfig(options.projectDir));
  let configError = "";
  const deadWriters: string[] = [];
  let gatewayPort = options.port;
  const workers: Child[] = [];
  let stopping = false;

  const forkEntry = (name: string) => fork(entry(name), [], { env, stdio: ["ignore", 2, 2, "ipc"], execArgv: QUIET });
  const everyone = () => [...workers, server, logstore, ...(local ? [local] : [])];
  const tell = (message: ToChild) => everyone().forEach((child) => child.send(message));

  // The two ports are asked for once and come back after a restart, so that nobody has to be told twice.
  const logstoreReady = future<string>();
  let logstorePort = 0;
  const logstore = keepRunning({
    name: "logstore",
    spawn: () => forkEntry("logstore-process"),
    firstMessage: (): LogStoreInit => ({ folder, port: logstorePort, secret }),
    onFailed: (message) => fail(`log store: ${message}`),
    onExit: () => stopping || note("the log store died and is started again"),
    onMessage(message) {
      if (message.type !== "ready") return;
      logstorePort = message.port;
      logstoreReady.resolve(loopback(message.port));
      server.send({ type: "logstore", url: loopback(message.port) });
    },
  });

  const serverReady = future<string>();
  let serverPort = 0;
  const server = keepRunning({
    name: "server",
    spawn: () => forkEntry("server-process"),
    firstMessage: (): ServerInit => ({
      folder,
      config,
      configError,
      port: serverPort,
      boot,
      deadWriters,
      logstore: { url: logstorePort ? loopback(logstorePort) : "", secret },
      allowHosts: options.allowHosts,
      token,
      started,
    }),
    onFailed: (message) => fail(`server: ${message}`),
    onExit: () => stopping || note("the server process died and is started again"),
    onMessage(message) {
      if (message.type === "ready") {
        serverPort = message.port;
        serverReady.resolve(loopback(message.port));
        tell({ type: "server", url: loopback(message.port) });
        server.send({ type: "processes", processes: processes() });
      } else if (message.type === "generations") options.onGenerations?.(message.generations);
      else if (message.type === "alarms") for (const line of newAlarms(message.alarms)) note(line);
    },
  });

  let local: Child | undefined;
  let localAddress: ToChild = { type: "local", url: "", secret, error: "" };
  function needLocal(asker: Child): void {
    if (localAddress.type === "local" && localAddress.url) return asker.send(localAddress);
    local ??= keepRunning({
      name: "local",
      spawn: () => forkEntry("local-process"),
      firstMessage: (): LocalInit => ({ folder, models: config.local, secret }),
      onExit() {
        localAddress = { type: "local", url: "", secret, error: "" };
        if (!stopping) note("the local model process died and is started again");
      },
      onFailed(message) {
        for (const worker of workers) worker.send({ type: "local", url: "", secret, error: message });
        local = undefined;
      },
      onMessage(message) {
        if (message.type !== "ready") return;
        localAddress = { type: "local", url: loopback(message.port), secret, error: "" };
        for (const worker of workers) worker.send(localAddress);
      },
    });
  }

  const serverUrl = await serverReady.promise;

  const gatewayReady = future<void>();
  let lives = 0;
  function startWorker(index: number): Child {
    let writer = "";
    const worker: Child = keepRunning({
      name: options.workers > 1 ? `gateway-${index}` : "gateway",
      spawn() {
        cluster.setupPrimary({ exec: entry("gateway-process"), args: [], silent: false, execArgv: QUIET });
        return cluster.fork(env).process as ReturnType<typeof fork>;
      },
      firstMessage(): GatewayInit {
        writer = `${boot}-${++lives}`;
        return {
          folder,
          mode: options.mode,
          config,
          writer,
          host: options.host,
          port: gatewayPort,
          allowHosts: options.allowHosts,
          serverUrl: loopback(serverPort),
        };
      },
      onExit() {
        deadWriters.push(writer);
        server.send({ type: "dead-writers", writers: deadWriters });
        if (!stopping) note("a gateway worker died and is started again");
      },
      onFailed: (message) => fail(message),
      onMessage(message: FromChild) {
        if (message.type === "need-local") return needLocal(worker);
        if (message.type !== "ready") return;
        gatewayPort = message.port;
        gatewayReady.resolve();
      },
    });
    return worker;
  }

  let failure: string | undefined;
  function fail(message: string): void {
    failure ??= message;
    gatewayReady.reject(new FlywheelError("conflict", { reason: message }));
    options.onFailed?.(message);
  }

  for (let index = 1; index <= options.workers; index++) workers.push(startWorker(index));
  const stopWatching = watchConfig(options.projectDir, (result) => {
    if ("error" in result) {
      configError = result.error.message;
      note(`configuration not loaded, the last good one stays: ${configError}`);
    } else {
      config = withSpark(result.config);
      configError = "";
      note("configuration reloaded");
      local?.send({ type: "models", models: config.local });
    }
    tell({ type: "config", config, error: configError });
  });
  const rollCall = setInterval(() => server.send({ type: "processes", processes: processes() }), 2000);
  rollCall.unref();

  async function stop(): Promise<void> {
    stopping = true;
    stopWatching();
    clearInterval(rollCall);
    await Promise.all(workers.map((worker) => worker.stop(STOP_MS.gateway)));
    await server.stop(STOP_MS.server);
    await Promise.all([logstore.stop(STOP_MS.logstore), local?.stop(STOP_MS.local)]);
    removeRunFile(folder);
    lock!.close();
  }

  function processes(): ProcessStatus[] {
    const children = everyone().map(({ name, pid, restarts }) => ({ name, pid, restarts, rss_bytes: residentBytes(pid) }));
    return [{ name: "supervisor", pid: process.pid, restarts: 0, rss_bytes: process.memoryUsage.rss() }, ...children];
  }

  try {
    if (options.workers > 0) await gatewayReady.promise;
    else await logstoreReady.promise;
  } catch (error) {
    await stop();
    throw error;
  }
  const publicHost = options.host === "0.0.0.0" || options.host === "::" || options.host === "127.0.0.1" ? "localhost" : options.host;
  const origin = options.workers > 0 ? `http://${publicHost}:${gatewayPort}` : "";
  writeRunFile(folder, { pid: process.pid, control_url: serverUrl, base_url: origin && `${origin}/v1`, started });
  return {
    baseUrl: origin && `${origin}/v1`,
    controlUrl: serverUrl,
    studioUrl: `${origin || serverUrl}/studio?token=${token}`,
    key,
    folder,
    config,
    processes,
    stop,
  };
}

const QUIET = ["--disable-warning=ExperimentalWarning"];

const loopback = (port: number) => `http://127.0.0.1:${port}`;

/** The dev key is an ordinary key that happens to be kept in a file. */
async function prepareKeys(folder: DataFolder, mode: Mode): Promise<string | undefined> {
  const control = await openControlStore(folder.control);
  const key = mode === "dev" ? devKey(folder) : undefined;
  if (key) await control.ensureKey(key, { name: "dev", environment: "development", scopes: ["inference", "admin"] });
  await control.close();
  return key;
}

const seenAlarms = new Set<string>();

/** Each alarm is told once, until it has gone away. */
function newAlarms(alarms: Alarm[]): string[] {
  const fresh = alarms.filter(({ code }) => !seenAlarms.has(code));
  seenAlarms.clear();
  for (const { code } of alarms) seenAlarms.add(code);
  return fresh.map(({ message }) => message);
}

function residentBytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function future<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: Error): void } {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  promise.catch(() => {});
  return { promise, resolve, reject };
}
