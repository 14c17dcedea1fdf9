import type { ChildProcess } from "node:child_process";
import type { FromChild, ToChild } from "./messages.ts";

/** How one kind of child is started and listened to. */
export interface ChildSpec {
  name: string;
  /** The process loads its code at once and does nothing before its first message. */
  spawn(): ChildProcess;
  /** What the first message waits for, where it cannot be made at once. */
  after?: Promise<void>;
  /** Made anew for each life of the child. */
  firstMessage(): object;
  onMessage(message: FromChild, child: Child): void;
  onExit?(): void;
  /** Told when a child says that it cannot run here. It is not started again. */
  onFailed(message: string): void;
}

/** A child that is started again whenever it dies, until stopped. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly restarts: number;
  send(message: ToChild): void;
  /** End this life of it at once; the next one begins. */
  kill(): void;
  /** Ask it to drain and wait until it has gone; killed after `waitMs`. */
  stop(waitMs: number): Promise<void>;
}

const FIRST_DELAY_MS = 20;
const LAST_DELAY_MS = 5000;
/** A life this long clears the record of quick deaths. */
const STABLE_MS = 10_000;

/** At once after a single death, then ever slower. */
function delayAfter(quickDeaths: number): number {
  return quickDeaths <= 1 ? FIRST_DELAY_MS : Math.min(LAST_DELAY_MS, 100 * 2 ** (quickDeaths - 2));
}

export function keepRunning(spec: ChildSpec): Child {
  let child: ChildProcess;
  /** It has had its first message, so it listens to others. */
  let begun = false;
  let restarts = 0;
  let quickDeaths = 0;
  let stopping = false;
  let failed = false;
  let exited: () => void = () => {};

  function start(): void {
    const born = Date.now();
    const life = spec.spawn();
    child = life;
    begun = false;
    life.on("message", (message: FromChild) => {
      if (message.type === "failed") {
        failed = true;
        spec.onFailed(message.message);
      } else spec.onMessage(message, self);
    });
    // A process that could not even be made reports an error and no exit.
    life.on("error", () => life.pid === undefined && ended(born));
    life.once("exit", () => ended(born));
    Promise.resolve(spec.after).then(
      () => {
        if (life !== child || !life.connected || stopping) return;
        begun = true;
        life.send(spec.firstMessage(), () => {});
      },
      () => {}, // What it waits for has failed: the run is being stopped.
    );
  }

  function ended(born: number): void {
    spec.onExit?.();
    if (stopping || failed) return exited();
    quickDeaths = Date.now() - born > STABLE_MS ? 0 : quickDeaths + 1;
    restarts++;
    setTimeout(() => stopping || start(), delayAfter(quickDeaths));
  }

  const self: Child = {
    name: spec.name,
    get pid() {
      return child.pid ?? 0;
    },
    get restarts() {
      return restarts;
    },
    send(message) {
      if (begun && child.connected) child.send(message, () => {});
    },
    kill: () => void child.kill("SIGKILL"),
    async stop(waitMs) {
      stopping = true;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => (exited = resolve));
      if (begun) self.send({ type: "drain" });
      else child.kill("SIGKILL");
      const timer = setTimeout(() => child.kill("SIGKILL"), waitMs);
      await gone;
      clearTimeout(timer);
    },
  };
  start();
  return self;
}
