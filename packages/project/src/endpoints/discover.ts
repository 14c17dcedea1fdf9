import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Diagnostic } from "@flywheel/protocol";

/** The folder of a project whose files are endpoints. */
export const ENDPOINTS_DIR = "endpoints";

/** One endpoint's file, before it is looked into. */
export interface EndpointFile {
  /** Its path under `endpoints/`, without the ending. */
  name: string;
  /** Absolute. */
  path: string;
  /** It is TypeScript, and so says what goes in and comes out. */
  isTyped: boolean;
}

export interface Discovery {
  files: EndpointFile[];
  /** Absolute; where a file may appear. */
  folders: string[];
  diagnostics: Diagnostic[];
}

const ENDING = /\.m?[jt]s$/;
/** Not endpoints: tests, and declarations of types. */
const LEFT_OUT = /\.(?:test|spec|d)\.\w+$/;
const NAME = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9_-]*)*$/i;
const MOST = 500;

/** Every endpoint of a project. What begins with `.` or `_` is not one, nor is anything in such a folder. */
export function discoverEndpoints(dir: string): Discovery {
  const root = join(dir, ENDPOINTS_DIR);
  const found: Discovery = { files: [], folders: [root], diagnostics: [] };
  walk(root, root, found);
  // What a compiler has written beside its source is no endpoint of its own.
  const typed = new Set(found.files.filter(({ isTyped }) => isTyped).map(({ name }) => name));
  found.files = found.files.filter(({ name, isTyped }) => isTyped || !typed.has(name));
  const diagnostics = found.files.flatMap((file, i) => objection(file, found.files.slice(0, i), dir));
  const files = found.files.filter(({ path }) => !diagnostics.some(({ file }) => file === relative(dir, path)));
  if (files.length > MOST)
    diagnostics.push({ file: ENDPOINTS_DIR, message: `${files.length} endpoints; at most ${MOST} are served` });
  return { ...found, files: files.slice(0, MOST), diagnostics };
}

function walk(folder: string, root: string, found: Discovery): void {
  for (const entry of entriesOf(folder)) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === "node_modules") continue;
      found.folders.push(path);
      walk(path, root, found);
    } else if (ENDING.test(entry.name) && !LEFT_OUT.test(entry.name)) {
      const name = relative(root, path).replaceAll("\\", "/").replace(ENDING, "");
      found.files.push({ name, path, isTyped: entry.name.endsWith("ts") });
    }
  }
}

/** Sorted, so that the same files come to the same build. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function objection({ name, path }: EndpointFile, before: EndpointFile[], dir: string): Diagnostic[] {
  const file = relative(dir, path);
  const twin = before.find((other) => other.name === name);
  if (twin)
    return [
      {
        file,
        message: `${relative(dir, twin.path)} is the endpoint \`${name}\` already`,
        suggestion: "Rename one of them.",
      },
    ];
  if (NAME.test(name)) return [];
  const message = `\`${name}\` cannot be the name of an endpoint`;
  return [{ file, message, suggestion: "Name the file with letters, digits, `-` and `_`." }];
}
