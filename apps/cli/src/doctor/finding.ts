import type { CommandOptions, Config, ProviderInfo } from "@flywheel/protocol";
import type { RunFile } from "@flywheel/server";
import type { AppContext } from "../app-command.ts";

/** What a check found. One that is `ok` and has a `fix` is worth a look; one that is not needs it. */
export interface Finding {
  check: string;
  ok: boolean;
  found: string;
  fix?: string;
}

/** What every check is given. */
export interface Examination extends AppContext {
  /** The server on the data folder, if there is one. */
  running: RunFile | undefined;
  options: CommandOptions;
  /** The project's config with the bundled model. Rejects with why it does not load. */
  config(): Promise<Config>;
  /** Every provider by id, servers of this machine looked for; empty where the config does not load. */
  providers(): Promise<ReadonlyMap<string, ProviderInfo>>;
}

export type Check = (examination: Examination) => Finding[] | Promise<Finding[]>;

export const well = (check: string, found: string): Finding => ({ check, ok: true, found });
export const notable = (check: string, found: string, fix: string): Finding => ({ check, ok: true, found, fix });
export const bad = (check: string, found: string, fix: string): Finding => ({ check, ok: false, found, fix });

/** What is found, or that what was tried threw, with what to do about it. */
export async function attempt(check: string, fix: string, find: () => string | Promise<string>): Promise<Finding[]> {
  try {
    return [well(check, await find())];
  } catch (error) {
    return [bad(check, (error as Error).message, fix)];
  }
}
