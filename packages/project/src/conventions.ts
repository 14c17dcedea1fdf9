import { statSync } from "node:fs";
import { join } from "node:path";

/** What the configuration may be called; the first one there is it. */
export const CONFIG_FILES = ["flywheel.config.ts", "flywheel.config.mts", "flywheel.config.js", "flywheel.config.mjs"];

/** Absolute path of the folder's configuration; `undefined` where it has none. */
export function findConfigFile(dir: string): string | undefined {
  return CONFIG_FILES.map((name) => join(dir, name)).find((path) =>
    statSync(path, { throwIfNoEntry: false })?.isFile(),
  );
}
