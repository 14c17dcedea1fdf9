import { SourceMap } from "node:module";
import { relative, resolve } from "node:path";

/** A place in the user's source. `file` is relative to the project; line and column count from 1. */
export interface SourcePlace {
  file: string;
  line: number;
  column: number;
}

/**
 * Finds the user's own code in a bundle: the first of some positions that lies in a file of the project, packages left
 * out. `base` is the folder that the map's paths start from.
 */
export function sourcePlaces(map: string, base: string, dir: string) {
  let parsed: SourceMap | undefined;
  return (frames: readonly { line: number; column: number }[]): SourcePlace | undefined => {
    if (map === "") return undefined;
    parsed ??= new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
    for (const { line, column } of frames) {
      const entry = parsed.findEntry(line - 1, column - 1);
      // What was written by nobody is on a line without entries, and is given the one before.
      if (!("originalSource" in entry) || entry.generatedLine !== line - 1) continue;
      const file = relative(dir, resolve(base, entry.originalSource));
      if (file.startsWith("..") || file.includes("node_modules")) continue;
      return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
    }
    return undefined;
  };
}
