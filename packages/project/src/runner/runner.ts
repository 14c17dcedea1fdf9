import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { createBroker } from "./broker.ts";
import {
  frameOf,
  frameReader,
  type FromRunner,
  LONGEST_FRAME,
  type LoadedDefinition,
  type Thrown,
  type ToRunner,
} from "./frames.ts";
import { BUNDLE_URL } from "./modules.ts";
import { type Position, standingPlace } from "./standing-place.ts";
import { isFromRunner } from "./untrusted.ts";
import { usageOf } from "./usage.ts";

/** What a project's code may have. */
export interface RunnerLimits {
  /** Its environment, whole. */
  env: Record<string, string>;
  /** Hosts, or hosts with a port, that `fetch` may ask. */
  hosts: readonly string[];
  /** Of the whole process. */
  memoryBytes: number;
  /** For each prompt, and of processor time after everything is answered. */
  timeoutMs: number;
  /** For loading the code; 10 s where nothing is said. */
  loadMs?: number;
}

/** Why there is no answer, and where in the bundle, innermost first. */
export class RunnerFailure extends Error {
  readonly frames: Thrown["frames"];
  /** It has nothing to do with this question: the process ended over another. */
  readonly innocent: boolean;
  constructor(message: string, frames: Thrown["frames"] = [], innocent = false) {
    super(message);
    this.frames = frames;
    this.innocent = innocent;
  }
}

export interface Runner {
  readonly pid: number;
  readonly isAlive: boolean;
  /** Runs the bundle, once. Rejects with a `RunnerFailure`. */
  load(code: string): Promise<Record<string, LoadedDefinition>>;
  /** What an endpoint's prompt returns for an input, unchecked. Rejects with a `RunnerFailure`. */
  render(endpoint: string, input: unknown): Promise<unknown>;
  /** Ends it once everything under way is answered. */
  drain(): void;
  kill(): void;
}

export interface RunnerEvents {
  /** What the code printed. */
  onLog(text: string): void;
  /** Something was thrown that no question waits for. */
  onStray(failure: RunnerFailure): void;
  /** The process is gone, and nobody asked for that. */
  onDeath(failure: RunnerFailure): void;
}

interface Waiting {
  begun: boolean;
  timer: NodeJS.Timeout;
  settle: PromiseWithResolvers<unknown>;
}

const ENTRY = fileURLToPath(new URL("./runner-process.ts", import.meta.url));
const READABLE = [
  "runner-process.ts",
  "fetch.ts",
  "frames.ts",
  "modules.ts",
  "seal.ts",
  "standard-schema.ts",
  "stand-ins.ts",
  "../plain-data.ts",
].map((file) => fileURLToPath(new URL(`./${file}`, import.meta.url)));

const LOAD = 0;
const USUAL_LOAD_MS = 10_000;
const LOOK_MS = 50;
/** While nothing is asked, one look in so many. */
const RESTING_LOOKS = 10;
/** A process that does not answer a ping in this time stands still. */
const STILL_MS = 250;
/** To find out where it stands, before it is killed. */
const PLACE_MS = 1500;
/** Beyond this much of its limit there is no time to find out. */
const TOO_MUCH = 1.5;
/** Lines between two answers, and characters of a line. */
const MOST_LOGGED = 100;
const LONGEST_LINE = 4000;
const MOST_WAITING = 1000;

/** Start a process for a project's code. It may reach nothing but `fetch` to its hosts, and is killed where it takes more than its limits. */
export function startRunner(limits: RunnerLimits, events: RunnerEvents): Runner {
  const child = spawnRunner(limits);
  const waiting = new Map<number, Waiting>();
  const broker = createBroker(limits, send);
  let last = LOAD;
  let logged = 0;
  let draining = false;
  let ending: RunnerFailure | undefined;
  let output = "";
  /** Who waits for a sign of life. */
  const pinged: (() => void)[] = [];
  let looks = 0;
  /** Processor time when the last question was answered. */
  let restingSince = 0;

  child.stderr!.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4096)));
  const takeIn = frameReader(LONGEST_FRAME, (message) => {
    if (!isFromRunner(message)) throw new TypeError("not a message");
    onMessage(message);
  });
  child.stdio[4]!.on("data", (chunk: Buffer) => {
    try {
      takeIn(chunk);
    } catch {
      end(new RunnerFailure("tampered with the process that runs it"));
    }
  });
  for (const pipe of child.stdio) pipe?.on("error", () => {});
  child.once("error", (error) => gone(new RunnerFailure(`could not be started: ${error.message}`)));
  child.once("exit", (code) => gone(ending ?? deathOf(code, output)));
  const watch = setInterval(look, LOOK_MS);
  watch.unref();

  const isAlive = () => !ending && !draining && child.exitCode === null && child.signalCode === null;

  const timeOf = (id: number) => (id === LOAD ? (limits.loadMs ?? USUAL_LOAD_MS) : limits.timeoutMs);

  function send(message: ToRunner): void {
    (child.stdio[3] as Writable).write(frameOf(message));
  }

  function ask(id: number, message: ToRunner): Promise<unknown> {
    if (!isAlive()) return Promise.reject(new RunnerFailure("the process is gone", [], true));
    if (waiting.size >= MOST_WAITING)
      return Promise.reject(new RunnerFailure(`${MOST_WAITING} others are waiting for the project's code`));
    const settle = Promise.withResolvers<unknown>();
    const timer = setTimeout(onTimeout, timeOf(id), id);
    waiting.set(id, { begun: id === LOAD, timer, settle });
    send(message);
    return settle.promise;
  }

  function answered(id: number): PromiseWithResolvers<unknown> | undefined {
    const asked = waiting.get(id);
    if (!asked) return undefined;
    clearTimeout(asked.timer);
    waiting.delete(id);
    logged = 0;
    restingSince = usageOf(child.pid!)?.cpuMs ?? 0;
    if (draining && waiting.size === 0) child.kill("SIGKILL");
    return asked.settle;
  }

  function onMessage(message: FromRunner): void {
    switch (message.type) {
      case "loaded":
        return answered(LOAD)?.resolve(message.definitions);
      case "begun": {
        const asked = waiting.get(message.id);
        if (asked) asked.begun = true;
        return;
      }
      case "pong":
        return pinged.splice(0).forEach((onPong) => onPong());
      case "rendered":
        return answered(message.id)?.resolve(message.messages);
      case "threw":
        return onThrown(message);
      case "fetch":
        return broker.fetch(message);
      case "cancel":
        return broker.cancel(message.id);
      case "log":
        if (logged++ < MOST_LOGGED) events.onLog(message.text.slice(0, LONGEST_LINE));
    }
  }

  function onThrown({ id, message, frames }: Extract<FromRunner, { type: "threw" }>): void {
    const failure = new RunnerFailure(message, frames);
    const asked = answered(id ?? LOAD);
    if (asked) asked.reject(failure);
    else events.onStray(failure);
  }

  /** One that only waits is given up; one that stands still holds all others up. */
  function onTimeout(id: number): void {
    const reason = `did not finish within ${timeOf(id) / 1000} s`;
    const still = setTimeout(() => void endWithPlace(reason), STILL_MS);
    pinged.push(() => {
      clearTimeout(still);
      answered(id)?.reject(new RunnerFailure(reason));
    });
    send({ type: "ping" });
  }

  function look(): void {
    if (waiting.size === 0 && looks++ % RESTING_LOOKS > 0) return;
    const usage = usageOf(child.pid!);
    if (!usage) return;
    const share = usage.residentBytes / limits.memoryBytes;
    const isIdle = waiting.size === 0 && usage.cpuMs - restingSince > limits.timeoutMs;
    if (share > 1) void endWithPlace(`took more than ${Math.round(limits.memoryBytes / 1e6)} MB of memory`);
    else if (isIdle) void endWithPlace("kept working after it had answered");
    if (share > TOO_MUCH) child.kill("SIGKILL");
  }

  async function endWithPlace(message: string): Promise<void> {
    if (ending) return;
    ending = new RunnerFailure(message);
    const places = await standingPlace(child, PLACE_MS);
    ending = new RunnerFailure(message, places.filter(isOwn));
    child.kill("SIGKILL");
  }

  function end(failure: RunnerFailure): void {
    ending = failure;
    child.kill("SIGKILL");
  }

  function gone(failure: RunnerFailure): void {
    clearInterval(watch);
    broker.close();
    const asked = [...waiting.values()];
    waiting.clear();
    for (const { begun, timer, settle } of asked) {
      clearTimeout(timer);
      settle.reject(begun ? failure : new RunnerFailure(failure.message, [], true));
    }
    if (!draining) events.onDeath(failure);
  }

  return {
    get pid() {
      return child.pid ?? 0;
    },
    get isAlive() {
      return isAlive();
    },
    load: (code) => ask(LOAD, { type: "load", code, env: limits.env }) as Promise<Record<string, LoadedDefinition>>,
    render: (endpoint, input) => ask(++last, { type: "render", id: last, endpoint, input }),
    drain() {
      draining = true;
      if (waiting.size === 0) child.kill("SIGKILL");
    },
    kill() {
      draining = true;
      child.kill("SIGKILL");
    },
  };
}

const isOwn = ({ url }: Position) => url === BUNDLE_URL;

/** All that a runner's process may do: be looked at from outside, to find out where a loop is. */
export const PERMISSIONS = [
  "--permission",
  // No module that leads there is open to the code, and the address is known to whoever started the process only.
  "--allow-inspector",
  "--inspect-port=127.0.0.1:0",
  "--inspect-publish-uid=stderr",
  "--disable-warning=SecurityWarning",
  "--disable-warning=ExperimentalWarning",
];

const SETPRIV = "/usr/bin/setpriv";

/** Whether a runner ends with this process, however that ends: in a loop it would not notice by itself. */
export const canTieToUs = (): boolean => process.platform === "linux" && existsSync(SETPRIV);

function spawnRunner({ memoryBytes }: RunnerLimits): ChildProcess {
  const flags = [
    ...PERMISSIONS,
    ...READABLE.map((file) => `--allow-fs-read=${file}`),
    `--max-old-space-size=${Math.ceil(memoryBytes / 1e6)}`,
  ];
  const stdio = ["ignore", "ignore", "pipe", "pipe", "pipe"] as const;
  const args = [...flags, ENTRY];
  const options = { cwd: "/", env: {}, stdio: [...stdio] };
  if (!canTieToUs()) return spawn(process.execPath, args, options);
  return spawn(SETPRIV, ["--pdeathsig", "KILL", "--no-new-privs", process.execPath, ...args], options);
}

function deathOf(code: number | null, output: string): RunnerFailure {
  if (output.includes("heap out of memory")) return new RunnerFailure("ran out of memory");
  return new RunnerFailure(`ended its process (exit code ${code ?? "none"})`);
}
