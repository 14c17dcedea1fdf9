import { askChild } from "./child.ts";
import { FRAMEWORK } from "./framework.ts";

export interface BundleQuestion {
  /** The entry, and the project's folder; both absolute. */
  file: string;
  dir: string;
  /** What `import.meta` says in the bundle; the entry where it is left out. */
  place?: string;
  /** Import specifiers that mean the running version, and their files. */
  framework: Record<string, string>;
}

/** A place in the user's source, and what is wrong there. Line and column count from 1; 0 = not known. */
export interface BundleProblem {
  file: string;
  line: number;
  column: number;
  message: string;
}

export interface BundleAnswer {
  /** One module without imports other than Node's own. */
  code: string;
  /** Its source map, JSON. */
  map: string;
  /** Files and folders that it was made from, or would have been; without `node_modules`. */
  files: string[];
  /** Empty = it can be run. */
  problems: BundleProblem[];
}

/**
 * Bundle a module of a project: TypeScript with enums, the paths of `tsconfig.json`, imports without extension, JSON and
 * npm packages all work, whatever Node itself would say to them. Never throws for what is wrong in the user's code.
 */
export async function bundle(file: string, dir: string, timeoutMs: number): Promise<BundleAnswer> {
  const question: BundleQuestion = { file, dir, framework: FRAMEWORK };
  const entry = new URL("./bundle-process.ts", import.meta.url);
  const outcome = await askChild<BundleAnswer>({ entry, dir, message: question, timeoutMs });
  if ("answer" in outcome) return outcome.answer;
  const message =
    outcome.ended === "timeout"
      ? `bundling took longer than ${timeoutMs / 1000} s`
      : `the bundler failed: ${outcome.output.trim()}`;
  return { code: "", map: "", files: [file], problems: [{ file, line: 0, column: 0, message }] };
}
