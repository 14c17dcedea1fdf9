import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Where what can be made again is kept: with the installed packages where they can be written, else in `fallback`. */
export function cacheFolder(name: string, fallback: string): string {
  const preferred = join(MODULES, ".cache", name);
  try {
    accessSync(MODULES, constants.W_OK);
    mkdirSync(preferred, { recursive: true });
    accessSync(preferred, constants.W_OK);
    return preferred;
  } catch {
    return fallback;
  }
}
