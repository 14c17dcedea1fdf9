import { statSync } from "node:fs";
import { join } from "node:path";

/** What the configuration may be called; the first one there is it. */
export const CONFIG_FILES = ["flywheel.config.ts", "flywheel.config.mts", "flywheel.config.js", "flywheel.config.mjs"];

/** And what the file that says what users do. */
export const EVENT_FILES = ["events.ts", "events.mts", "events.js", "events.mjs"];

/** Absolute path of the first of these files that the folder has; `undefined` where it has none. */
export function findFile(dir: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(dir, name)).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
