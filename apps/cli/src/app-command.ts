import type { Command, CommandContext, CommandOptions } from "@flywheel/protocol";
import type { Place } from "./place.ts";

/** What the commands of this app know beyond {@link CommandContext}. */
export interface AppContext extends CommandContext {
  place: Place;
}

/** A command that composes processes, and so needs more than the control API. */
export interface AppCommand extends Omit<Command, "run"> {
  run(context: AppContext, args: (string | undefined)[], options: CommandOptions): Promise<number | void>;
}
