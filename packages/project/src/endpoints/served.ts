import { FlywheelError, type PromptMessage } from "@flywheel/protocol";
import { type Runner, RunnerFailure } from "../runner/runner.ts";
import { type BuiltEndpoints, placesIn } from "./build.ts";
import { messagesOf } from "./messages.ts";

/** The build that is served, and those before it for as long as somebody may still ask for them. */
export interface ServedBuilds {
  readonly current: BuiltEndpoints | undefined;
  readonly pid: number;
  /** From now on this one, or none. */
  swap(built: BuiltEndpoints | undefined): void;
  /** Rejects with `prompt_failed`, which says where and why, or `build_replaced`. */
  render(build: string, endpoint: string, input: unknown): Promise<PromptMessage[]>;
  close(): void;
}

/** Those who heard of a build a moment ago may still ask for its prompts. */
const GRACE_MS = 10_000;
/** Each holds a process: of edits in quick succession only the last ones wait for their time to be over. */
const MOST_RETIRING = 2;
/** Others were under way when a process ended over one: those get another try, and no more than this. */
const MOST_TRIES = 3;

interface Served extends BuiltEndpoints {
  /** Its process is gone, and another one loads the code. */
  starting?: Promise<Runner>;
  retired: boolean;
}

/** @param take gives a runner without code */
export function servedBuilds(dir: string, take: () => Runner): ServedBuilds {
  let current: Served | undefined;
  /** Oldest first. */
  const retiring = new Set<Served>();

  function retire(old: Served): void {
    retiring.add(old);
    setTimeout(() => release(old), GRACE_MS).unref();
    if (retiring.size > MOST_RETIRING) release([...retiring][0]!);
  }

  function release(old: Served): void {
    if (!retiring.delete(old)) return;
    old.retired = true;
    old.runner.drain();
  }

  async function alive(served: Served): Promise<Runner> {
    if (served.runner.isAlive) return served.runner;
    if (served.retired) throw new RunnerFailure("its code was replaced");
    served.starting ??= restart(served).finally(() => delete served.starting);
    return served.starting;
  }

  async function restart(served: Served): Promise<Runner> {
    const runner = take();
    await runner.load(served.sources.code);
    return (served.runner = runner);
  }

  async function ask(served: Served, endpoint: string, input: unknown): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const runner = await alive(served);
      try {
        return await runner.render(endpoint, input);
      } catch (error) {
        if (!(error as RunnerFailure).innocent || tries === MOST_TRIES) throw error;
      }
    }
  }

  function failed({ sources }: Served, endpoint: string, error: unknown): FlywheelError {
    const failure = error instanceof RunnerFailure ? error : new RunnerFailure((error as Error).message);
    const place = placesIn(sources, dir)(failure, endpoint);
    const reason = `${place ? `${place.file}:${place.line}: ` : ""}${failure.message}`;
    return new FlywheelError("prompt_failed", { endpoint, reason });
  }

  return {
    get current() {
      return current;
    },
    get pid() {
      return current?.runner.isAlive ? current.runner.pid : 0;
    },
    swap(built) {
      if (current) retire(current);
      current = built && { ...built, retired: false };
    },
    async render(build, endpoint, input) {
      const asked = [current, ...retiring].find((served) => served?.build.id === build);
      if (!asked) throw new FlywheelError("build_replaced");
      try {
        return messagesOf(await ask(asked, endpoint, input));
      } catch (error) {
        throw failed(asked, endpoint, error);
      }
    },
    close() {
      for (const served of [current, ...retiring]) served?.runner.kill();
    },
  };
}
