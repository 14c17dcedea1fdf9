import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FRAMEWORK } from "./framework.ts";

/** Where a `tsconfig.json` of ours says that `flywheel` is: a project needs no `node_modules`. */
const FOLDER = ".flywheel/framework";

/**
 * Give an editor what `import "flywheel"` means: the running version's own source, in a folder that is not committed. Does
 * nothing in a project whose `tsconfig.json` does not look there.
 */
export function writeEditorTypes(dir: string): void {
  if (!textOf(join(dir, "tsconfig.json")).includes(FOLDER)) return;
  const from = dirname(FRAMEWORK["flywheel"]!);
  const to = join(dir, FOLDER);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(from)) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
    const text = readFileSync(join(from, name), "utf8");
    if (textOf(join(to, name)) !== text) writeFileSync(join(to, name), text);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
