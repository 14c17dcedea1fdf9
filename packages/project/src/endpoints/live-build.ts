import { FlywheelError, type PromptMessage } from "@flywheel/protocol";
import { type Runner, RunnerFailure } from "../runner/runner.ts";
import type { SourcePlace } from "../source-places.ts";
import { messagesOf } from "./messages.ts";

/** A build whose prompts can be asked for. */
export interface LiveBuild {
  readonly id: string;
  /** Rejects with `prompt_failed`, which says where and why. */
  render(endpoint: string, input: unknown): Promise<PromptMessage[]>;
  /** Ends its process once everything under way is answered. */
  drain(): void;
  kill(): void;
}

export interface LiveBuildOptions {
  id: string;
  /** Its process, with the code loaded. */
  runner: Runner;
  /** Another one, when that is gone. */
  restart(): Promise<Runner>;
  /** Of a failure in the user's source. */
  placeOf(failure: RunnerFailure, endpoint: string): SourcePlace | undefined;
}

/** Others were under way when a process ended over one: those get another try, and no more than this. */
const MOST_TRIES = 3;

export function liveBuild({ id, runner, restart, placeOf }: LiveBuildOptions): LiveBuild {
  let starting: Promise<Runner> | undefined;
  let drained = false;

  async function current(): Promise<Runner> {
    if (runner.isAlive) return runner;
    if (drained) throw new RunnerFailure("its code was replaced");
    starting ??= restart().finally(() => (starting = undefined));
    return (runner = await starting);
  }

  async function ask(endpoint: string, input: unknown): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const asked = await current();
      try {
        return await asked.render(endpoint, input);
      } catch (error) {
        if (!(error as RunnerFailure).innocent || tries === MOST_TRIES) throw error;
      }
    }
  }

  function failed(error: unknown, endpoint: string): FlywheelError {
    const failure = error instanceof RunnerFailure ? error : new RunnerFailure((error as Error).message);
    const place = placeOf(failure, endpoint);
    const reason = `${place ? `${place.file}:${place.line}: ` : ""}${failure.message}`;
    return new FlywheelError("prompt_failed", { endpoint, reason });
  }

  return {
    id,
    async render(endpoint, input) {
      try {
        return messagesOf(await ask(endpoint, input));
      } catch (error) {
        throw failed(error, endpoint);
      }
    },
    drain() {
      drained = true;
      runner.drain();
    },
    kill() {
      drained = true;
      runner.kill();
    },
  };
}
