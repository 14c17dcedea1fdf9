import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import type { Project } from "@flywheel/project";
import type { Alarm, Config, GenerationSummary } from "@flywheel/protocol";
import { type Child, type ChildSpec, keepRunning } from "./children.ts";
import { type DataFolder, eventSecret } from "./data-folder.ts";
import { type Environment, withoutSecrets } from "./environment.ts";
import type { GatewayInit, LocalInit, LogStoreInit, Mode, ServerInit, ToChild } from "./messages.ts";
import { answerRender } from "./render.ts";
import { watchdog } from "./watchdog.ts";

/** One run of an installation: what every child is started with, and what has become of them so far. */
export interface Run {
  readonly folder: DataFolder;
  readonly projectDir: string;
  readonly mode: Mode;
  /** Gateway workers; 0 = none, a command has this run for itself. */
  readonly workers: number;
  readonly host: string;
  readonly allowHosts: string[];
  readonly env: Environment;
  /** Opens the studio. */
  readonly token: string;
  /** Shared by our own processes on loopback. */
  readonly secret: string;
  /** Prefix of this run's WAL writers. */
  readonly boot: string;
  readonly started: number;
  /** As the project writes it. */
  written: Config;
  /** With the models that this installation has besides. */
  config: Config;
  /** Why the configuration on disk is not the one in use; "" = it is. */
  configError: string;
  /** Ports come back after a restart, so that nobody has to be told twice; 0 = not known yet. */
  readonly ports: { gateway: number; server: number; logstore: number; local: number };
  /** Writers of this run whose process is gone. */
  readonly deadWriters: string[];
  readonly children: { workers: Child[]; server?: Child; logstore?: Child; local?: Child };
  /** The project's own code; where no gateway runs, nobody asks for it. */
  project: Project | undefined;
  stopping: boolean;
  note(line: string): void;
  /** The installation cannot go on. */
  fail(message: string): void;
  onGenerations(generations: GenerationSummary[]): void;
  /** What has been loaded, or has told its port, at least once. */
  readonly ready: Record<"config" | "gateway" | "server" | "logstore", PromiseWithResolvers<void>>;
}

export const loopback = (port: number) => `http://127.0.0.1:${port}`;

/** Send to every child there is. */
export function tellAll(run: Run, message: ToChild): void {
  for (const child of everyChild(run)) child.send(message);
}

export function everyChild({ children }: Run): Child[] {
  const { workers, server, logstore, local } = children;
  return [...workers, server, logstore, local].filter((child) => child !== undefined);
}

const QUIET = ["--disable-warning=ExperimentalWarning"];
const entry = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/** @param output file descriptor for whatever the process prints; stderr where none is given */
function forkEntry(name: string, env: Environment, output = 2): ChildProcess {
  return fork(entry(name), [], { env, stdio: ["ignore", output, output, "ipc"], execArgv: QUIET });
}

/** chDB prints its errors at length; what matters of them is told in one line. */
function forkLogStore(run: Run): ChildProcess {
  const output = openSync(run.folder.logStoreOutput, "w", 0o600);
  try {
    return forkEntry("logstore-process", withoutSecrets(run.env), output);
  } finally {
    closeSync(output);
  }
}

function noteDeath(run: Run, what: string): void {
  if (!run.stopping) run.note(`${what} died and is started again`);
}

export function logstoreSpec(run: Run): ChildSpec {
  return {
    name: "logstore",
    spawn: () => forkLogStore(run),
    firstMessage: (): LogStoreInit => ({ folder: run.folder, port: run.ports.logstore, secret: run.secret }),
    onExit: () => noteDeath(run, `the log store (see ${run.folder.logStoreOutput})`),
    onFailed: (message) => run.fail(message),
    onMessage(message) {
      if (message.type !== "ready") return;
      run.ports.logstore = message.port;
      run.children.server?.send({ type: "logstore", url: loopback(message.port) });
      run.ready.logstore.resolve();
    },
  };
}

/** A log store that lives and does not answer is killed, and so started again. */
export function watchLogStore(run: Run): () => void {
  return watchdog({
    url: () => (run.ports.logstore ? `${loopback(run.ports.logstore)}/ping` : ""),
    onHung() {
      if (run.stopping) return;
      run.note("the log store does not answer");
      run.children.logstore?.kill();
    },
  });
}

export function serverSpec(run: Run): ChildSpec {
  const tellNew = alarmTeller(run);
  return {
    name: "server",
    spawn: () => forkEntry("server-process", run.env),
    after: run.ready.config.promise,
    firstMessage: (): ServerInit => ({
      folder: run.folder,
      mode: run.mode,
      serving: run.workers > 0,
      publicUrl: run.workers > 0 ? `${loopback(run.ports.gateway)}/v1` : "",
      config: run.config,
      configError: run.configError,
      port: run.ports.server,
      boot: run.boot,
      deadWriters: run.deadWriters,
      logstore: { url: run.ports.logstore ? loopback(run.ports.logstore) : "", secret: run.secret },
      local: localAddress(run),
      allowHosts: run.allowHosts,
      token: run.token,
      started: run.started,
      projectDir: run.projectDir,
      project: run.project?.state ?? null,
    }),
    onExit: () => noteDeath(run, "the server process"),
    onFailed: (message) => run.fail(message),
    onMessage(message) {
      if (message.type === "generations") run.onGenerations(message.generations);
      else if (message.type === "alarms") tellNew(message.alarms);
      else if (message.type === "ready") {
        run.ports.server = message.port;
        tellAll(run, { type: "server", url: loopback(message.port) });
        run.ready.server.resolve();
      }
    },
  };
}

/** Each alarm is told once, until it has gone away. */
function alarmTeller(run: Run): (alarms: Alarm[]) => void {
  let known = new Set<Alarm["code"]>();
  return (alarms) => {
    for (const { code, message } of alarms) if (!known.has(code)) run.note(message);
    known = new Set(alarms.map(({ code }) => code));
  };
}

/** Of what a request leaves behind nothing outlives it: collecting sooner costs nothing and keeps a worker 20 to 40 MB smaller. */
const WORKER_FLAGS = [...QUIET, "--max-semi-space-size=8"];

cluster.schedulingPolicy = cluster.SCHED_NONE;

/** Workers listen on one port, with the help of `node:cluster` where it takes that; each life of a worker writes segments of its own. */
export function gatewaySpec(run: Run, name: string): ChildSpec {
  let writer = "";
  let lives = 0;
  return {
    name,
    spawn() {
      cluster.setupPrimary({ exec: entry("gateway-process"), args: [], execArgv: WORKER_FLAGS });
      return cluster.fork(run.env).process;
    },
    // The server process has made the file of keys by then.
    after: run.ready.server.promise,
    firstMessage(): GatewayInit {
      writer = `${run.boot}-${name}-${++lives}`;
      return {
        folder: run.folder,
        config: run.config,
        eventSecret: eventSecret(run.folder),
        writer,
        mode: run.mode,
        host: run.host,
        port: run.ports.gateway,
        allowHosts: run.allowHosts,
        serverUrl: loopback(run.ports.server),
        build: run.project?.state?.build ?? null,
      };
    },
    onExit() {
      run.deadWriters.push(writer);
      run.children.server?.send({ type: "dead-writers", writers: run.deadWriters });
      noteDeath(run, "a gateway worker");
    },
    onFailed: (message) => run.fail(message),
    onMessage(message, worker) {
      if (message.type === "need-local") localNeeded(run, worker);
      else if (message.type === "render") void answerRender(run.project, worker, message);
      else if (message.type === "ready") {
        run.ready.gateway.resolve();
      }
    },
  };
}

/** Local models are started on first use, and from then on kept running. */
function localNeeded(run: Run, asker: Child): void {
  if (run.ports.local) asker.send(localAddress(run));
  else startLocal(run);
}

/** Start the process of local models, where it does not run. */
export function startLocal(run: Run): void {
  run.children.local ??= keepRunning(localSpec(run));
}

function localSpec(run: Run): ChildSpec {
  return {
    name: "local",
    spawn: () => forkEntry("local-process", withoutSecrets(run.env)),
    firstMessage: (): LocalInit => ({ folder: run.folder, models: run.config.local, secret: run.secret }),
    onExit() {
      run.ports.local = 0;
      noteDeath(run, "the local model process");
    },
    onFailed(message) {
      delete run.children.local;
      tellAll(run, { ...localAddress(run), error: message });
    },
    onMessage(message) {
      if (message.type !== "ready") return;
      run.ports.local = message.port;
      tellAll(run, localAddress(run));
    },
  };
}

function localAddress(run: Run): Extract<ToChild, { type: "local" }> {
  return { type: "local", url: run.ports.local ? loopback(run.ports.local) : "", secret: run.secret, error: "" };
}
