import { type Config, FlywheelError, type Trial, type TrialEnding } from "@flywheel/protocol";
import type { ControlStore } from "@flywheel/store/control";
import type { LogStore } from "@flywheel/store/logs";
import { withPromotions } from "../pointer.ts";
import { trialLine } from "./command.ts";
import { judgeTrial } from "./judge.ts";
import { whyNot } from "./snapshot.ts";

export interface WatchOptions {
  config: () => Config;
  control: Pick<ControlStore, "listPromotions" | "listTrials" | "endTrial">;
  logs: Pick<LogStore, "trialRows">;
  /** Told of every trial that ends, and of what goes wrong. */
  note: (line: string) => void;
  /** Milliseconds from one look at the rows to the next, at least. */
  everyMs?: number;
}

/** A look never takes more than this share of the time. */
const MOST_TIME = 0.25;
const DAY_MS = 86_400_000;

/**
 * Ends the trials that run as soon as their rows decide them. It keeps nothing in mind: after a restart the rows say the
 * same again.
 */
export function watchTrials({ config, control, logs, note, everyMs = 2000 }: WatchOptions): { close(): void } {
  let timer: NodeJS.Timeout;
  let closed = false;

  async function look(): Promise<void> {
    const running = (await control.listTrials()).filter(({ ended }) => ended === null);
    if (running.length === 0) return;
    const now = withPromotions(config(), await control.listPromotions());
    const end = async (trial: Trial) => {
      const ending = await endingOf(trial, now, logs);
      if (ending && !closed) note(trialLine(await control.endTrial(trial.id, ending)));
    };
    for (const trial of running) await end(trial).catch(tell);
  }

  /** A store that is away comes back; a trial that was just ended by hand has ended. */
  function tell(error: unknown): void {
    if (closed || (error instanceof FlywheelError && (error.retryable || error.code === "conflict"))) return;
    note(`A trial could not be looked at: ${error instanceof Error ? error.message : String(error)}`);
  }

  async function lookAndWait(): Promise<void> {
    const began = performance.now();
    await look().catch(tell);
    if (!closed) timer = setTimeout(lookAndWait, Math.max(everyMs, (performance.now() - began) / MOST_TIME)).unref();
  }

  timer = setTimeout(lookAndWait, everyMs).unref();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function endingOf(trial: Trial, config: Config, logs: WatchOptions["logs"]): Promise<TrialEnding | undefined> {
  const { outcome, reason, evidence } = judgeTrial(trial, await logs.trialRows(trial));
  const why = whyNot(config, trial);
  if (why !== undefined) return { outcome: "stopped", reason: `Nothing can be compared any more: ${why}.`, evidence };
  if (outcome !== "running") return { outcome, reason, evidence };
  const { days } = config.retention;
  if (Date.now() - trial.created < days * DAY_MS) return undefined;
  return {
    outcome: "rejected",
    reason: `It is undecided after ${days} days, and rows are not kept for longer.`,
    evidence,
  };
}
